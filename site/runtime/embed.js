// Runs before the first paint of an embed: puts the theme and the background that its address names on the root, and finds
// the name that all frames of this site on the host's page have in common. The host's element gives one; without it, the
// first frame there chose it.
const appearance = new URLSearchParams(location.hash.slice(1));
const root = document.documentElement;
if (["dark", "light"].includes(appearance.get("theme"))) root.dataset.theme = appearance.get("theme");
root.dataset.background = appearance.get("background") ?? "";
root.classList.add("scripted");

const group = appearance.get("group") ?? [...Array(parent.length).keys()].map(groupOf).find(Boolean);
globalThis.quantlabGroup = group ?? crypto.getRandomValues(new Uint32Array(2)).join("");

function groupOf(position) {
  try {
    return parent[position].quantlabGroup;
  } catch {
    // a frame of another site, into which nobody may look
  }
}
