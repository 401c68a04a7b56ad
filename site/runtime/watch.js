// Says on the page what could not be loaded, as long as no Python runs there that could: an element of its own above the
// status line, taken away once Python has answered. Anybody may say it by an event "quantlab:unloadable" with the reason.
(() => {
  const SILENCE = 30; // seconds without a sign of life after which a load is called stuck
  const STARTING = 180; // the same where all has arrived and Python starts, on however slow a machine
  const N_STAGES = 3; // that are told while loading: Python, and two more files
  const SAYS = {
    failed: (reason) => `Python could not be loaded: ${reason}. The example below can be read; it cannot be changed.`,
    again: "Try again",
    missing: (file) => `${file}, or what it needs, did not arrive`,
    damaged: (file) => `${file} is damaged`,
    refused: (file, status) => `${file} was refused (status ${status})`,
    slow: `Python has not started within ${STARTING} seconds`,
    silent: `nothing has arrived for ${SILENCE} seconds, so the network may be slow or gone`,
    noWebAssembly: "this browser has WebAssembly switched off, and Python needs it",
  };
  const root = document.documentElement;
  const NEEDED = /\/(?:vendor\/(?:pyscript|micropython|pyodide)|runtime|page)\//; // without them no Python runs here
  const isOver = () => root.dataset.answered === "true";
  const stages = new Map();
  let silence = 0; // seconds in which this page could have heard something: while it computes itself, none pass
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
    text.textContent = SAYS.failed(reason);
    const again = document.createElement("button");
    Object.assign(again, { type: "button", className: "button", textContent: SAYS.again, onclick: () => location.reload() });
    note.append(text, again);
    status.before(note);
  }

  function forget() {
    reason = undefined;
    document.querySelector(".unloadable")?.remove();
  }

  const fileOf = (address) => decodeURI(new URL(address, location.href).pathname.split("/").pop());

  const hear = ({ target, filename }) => {
    if (NEEDED.test(target?.src)) say(SAYS.missing(fileOf(target.src)));
    else if (NEEDED.test(filename)) say(SAYS.damaged(fileOf(filename)));
  };
  addEventListener("error", hear, true);
  addEventListener("unhandledrejection", ({ reason: error }) => {
    const message = String(error?.message ?? error).split("\n")[0];
    const module = /module: (\S+)$/.exec(message);
    say(module ? SAYS.missing(fileOf(module[1])) : message);
  });
  document.addEventListener("quantlab:unloadable", ({ detail }) => say(detail));
  document.addEventListener("quantlab:progress", ({ detail: { stage, received, total } }) => {
    silence = 0;
    stages.set(stage, received >= total);
  });
  new PerformanceObserver((list) => {
    silence = 0;
    const refused = list.getEntries().find(({ responseStatus, name }) => responseStatus >= 400 && NEEDED.test(name));
    if (refused) say(SAYS.refused(fileOf(refused.name), refused.responseStatus));
  }).observe({ type: "resource", buffered: true });

  const hasArrived = () => stages.size >= N_STAGES && [...stages.values()].every(Boolean);
  const timer = setInterval(() => {
    silence++;
    if (isOver()) clearInterval(timer);
    else if (silence > STARTING) say(SAYS.slow);
    else if (silence > SILENCE && !hasArrived()) say(SAYS.silent);
  }, 1000);
  new MutationObserver(() => isOver() && forget()).observe(root, { attributeFilter: ["data-answered"] });

  if (typeof WebAssembly !== "object") say(SAYS.noWebAssembly);
})();
