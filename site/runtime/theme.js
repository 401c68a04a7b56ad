// Runs before the first paint: puts the reader's chosen theme and the section of the link on the root, so that nothing
// flashes or moves.
try {
  const theme = localStorage.getItem("quantlab-theme");
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is refused in some private windows; the system's preference then decides.
}
document.documentElement.classList.add("scripted");
if (document.documentElement.hasAttribute("data-lab"))
  document.documentElement.dataset.section = /[#&]section=([a-z]+)/.exec(location.hash)?.[1] ?? "map"; // of the results
