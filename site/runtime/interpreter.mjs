// Stands in front of Pyodide's module as PyScript's `interpreter`: says how loading goes, and loads NumPy with the core.
import { loadPyodide as load, version } from "../vendor/pyodide/pyodide.mjs";

export { version };

const STAGES = [
  [/pyodide\.asm\.wasm$/, "Python"],
  [/python_stdlib\.zip$/, "the standard library"],
  [/numpy-[^/]*\.whl$/, "NumPy"],
];

const tell = (detail) => postMessage({ quantlab: detail });

// The body is read twice, once by us for its length: the response that Pyodide gets stays the browser's own, so that
// compiled code can be cached.
async function count(response, name, total) {
  let received = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    received += value.length;
    tell({ stage: name, received, total });
  }
}

const plainFetch = globalThis.fetch.bind(globalThis);
globalThis.fetch = async (resource, options) => {
  const response = await plainFetch(resource, options);
  const name = STAGES.find(([pattern]) => pattern.test(response.url))?.[1];
  if (name && response.ok && response.body) {
    const coded = response.headers.get("content-encoding");
    count(response.clone(), name, coded ? 0 : Number(response.headers.get("content-length")));
  }
  return response;
};

export const loadPyodide = (options) =>
  load({ ...options, indexURL: new URL("../vendor/pyodide/", import.meta.url).href, packages: ["numpy"] });
