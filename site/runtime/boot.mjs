// Starts PyScript, and hands what the worker says while it loads to the page, as events "quantlab:progress" and
// "quantlab:unloadable".
import { hooks } from "../vendor/pyscript/core.js";

hooks.main.onWorker.add((_, worker) => {
  worker.addEventListener("message", ({ data }) => {
    const said = data?.quantlab;
    if (!said) return;
    const [kind, detail] = said.unloadable ? ["unloadable", said.unloadable] : ["progress", said];
    document.dispatchEvent(new CustomEvent(`quantlab:${kind}`, { detail }));
  });
});
