// Runs before the first paint of an embed: puts the theme and the background that its address names on the root.
const looks = new URLSearchParams(location.hash.slice(1));
const root = document.documentElement;
if (["dark", "light"].includes(looks.get("theme"))) root.dataset.theme = looks.get("theme");
root.dataset.background = looks.get("background") ?? "";
root.classList.add("scripted");
