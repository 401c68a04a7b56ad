// Says on the page what could not be loaded, as long as no Python runs there that could: an element of its own above the
// status line, taken away once Python has answered. Anybody may say it by an event "quantlab:unloadable" with the reason.
(() => {
  const SILENCE = 30_000; // milliseconds without a sign of life after which a load is called stuck
  const root = document.documentElement;
  const NEEDED = /\/(?:vendor\/(?:pyscript|micropython|pyodide)|runtime|page)\//; // without them no Python runs here
  const isOver = () => root.dataset.answered === "true";
  let sign = performance.now();
  let reason;

  function say(found) {
    if (isOver() || reason) return;
    reason = found;
    if (document.readyState === "loading") addEventListener("DOMContentLoaded", show);
    else show();
  }

  function show() {
    const status = document.querySelector("[data-region=status]");
    if (!status || isOver()) return;
    root.dataset.state = "failed";
    const note = document.createElement("div");
    note.className = "unloadable";
    note.setAttribute("role", "alert");
    const text = document.createElement("p");
    text.textContent = `Python could not be loaded: ${reason}. The example below can be read; it cannot be changed.`;
    const again = document.createElement("button");
    Object.assign(again, { type: "button", className: "button", textContent: "Try again", onclick: () => location.reload() });
    note.append(text, again);
    status.before(note);
  }

  function forget() {
    reason = undefined;
    document.querySelector(".unloadable")?.remove();
  }

  const fileOf = (address) => decodeURI(new URL(address, location.href).pathname.split("/").pop());

  const hear = ({ target, filename }) => {
    if (NEEDED.test(target?.src)) say(`${fileOf(target.src)}, or what it needs, did not arrive`);
    else if (NEEDED.test(filename)) say(`${fileOf(filename)} is damaged`);
  };
  addEventListener("error", hear, true);
  addEventListener("unhandledrejection", ({ reason: error }) => {
    const message = String(error?.message ?? error).split("\n")[0];
    const module = /module: (\S+)$/.exec(message);
    say(module ? `${fileOf(module[1])}, or what it needs, did not arrive` : message);
  });
  document.addEventListener("quantlab:unloadable", ({ detail }) => say(detail));
  document.addEventListener("quantlab:progress", () => (sign = performance.now()));
  new PerformanceObserver((list) => {
    sign = performance.now();
    const refused = list.getEntries().find(({ responseStatus, name }) => responseStatus >= 400 && NEEDED.test(name));
    if (refused) say(`${fileOf(refused.name)} was refused (status ${refused.responseStatus})`);
  }).observe({ type: "resource", buffered: true });

  const timer = setInterval(() => {
    if (isOver()) clearInterval(timer);
    else if (performance.now() - sign > SILENCE) say(`nothing has arrived for ${SILENCE / 1000} seconds, so the network may be slow or gone`);
  }, 1000);
  new MutationObserver(() => isOver() && forget()).observe(root, { attributeFilter: ["data-answered"] });

  if (typeof WebAssembly !== "object") say("this browser has WebAssembly switched off, and Python needs it");
})();
