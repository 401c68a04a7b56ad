// Starts PyScript, and hands what the worker says while it loads to the page, as "quantlab:progress" events.
import { hooks } from "../vendor/pyscript/core.js";

hooks.main.onWorker.add((_, worker) => {
  worker.addEventListener("message", ({ data }) => {
    if (data?.quantlab) document.dispatchEvent(new CustomEvent("quantlab:progress", { detail: data.quantlab }));
  });
});
