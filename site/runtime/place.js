// Keeps the place that a link leads to while the instruments above it load and grow, until the reader moves.
let held = null;
const hold = (hash) => (held = document.getElementById(decodeURIComponent(hash.slice(1))));
const keep = () => held?.scrollIntoView({ behavior: "instant" });

addEventListener("DOMContentLoaded", () => {
  hold(location.hash);
  new ResizeObserver(keep).observe(document.body);
});
addEventListener("hashchange", () => hold(location.hash));
for (const kind of ["wheel", "touchmove", "pointerdown", "keydown"])
  addEventListener(kind, () => (held = null), { capture: true, passive: true });
addEventListener("click", ({ target }) => {
  const link = target.closest?.("a[href^='#']");
  if (link) hold(link.hash);
});
