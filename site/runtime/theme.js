// Runs before the first paint: puts the reader's chosen theme, and the section and the view of the link, on the root, so that
// nothing flashes or moves. A link that asks for something is unanswered until Python has: the example is no answer to it.
try {
  const theme = localStorage.getItem("quantlab-theme");
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is refused in some private windows; the system's preference then decides.
}
document.documentElement.classList.add("scripted");
if (document.documentElement.hasAttribute("data-lab")) {
  const named = (name) => new RegExp(`[#&]${name}=([a-z]+)`).exec(location.hash)?.[1];
  document.documentElement.dataset.section = named("section") ?? "map"; // of the results
  if (named("view")) document.documentElement.dataset.view = named("view");
  const link = new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");
  for (const name of ["theme", "background", "controls", "group", "section", "view"]) link.delete(name); // as page/address.py
  if (link.size) document.documentElement.dataset.unanswered = "";
}
