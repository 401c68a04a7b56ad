// Stands in front of Pyodide's module as PyScript's `interpreter`. Python starts from the memory image that the build made,
// with NumPy and the lab imported; where that fails, it starts the plain way, which takes longer and does the same. What is
// being loaded is told to the page by messages {quantlab: {stage, received, total}}, with `fallbackReason` if it failed.
import { loadPyodide as load, version } from "../vendor/pyodide/pyodide.mjs";
import { imageOptions, readLibraries, STANDARD_LIBRARY } from "./image.mjs";
import { provideStorage } from "./storage.mjs";

export { version };

const at = (path) => new URL(path, import.meta.url).href;
const indexURL = at("../vendor/pyodide/");
const SITE_PACKAGES = "/lib/python3.14/site-packages";
const imageURL = at("../python/image.bin");
const librariesURL = at("../python/libraries.bin");
const STARTING = {
  [`${indexURL}pyodide.asm.wasm`]: "Python",
  [imageURL]: "NumPy and the lab",
  [librariesURL]: "NumPy's compiled part",
};
const ALSO_COUNTED = [
  [/\/pyodide\.asm\.wasm$/, "Python"],
  [/\/python_stdlib\.zip$/, "the standard library"],
  [/\/numpy-[^/]*\.whl$/, "NumPy"],
];
const REFUSED = (file, status) => `${file} was refused (status ${status})`;
const DAMAGED = (file, why) => `${file} is damaged (${why})`;
const HAS_IMAGE = !globalThis.quantlabIsOneFile; // see assembly/onefile.py
// What an image cannot hold: chance. And worker.py needs none of PyScript's own modules, whose compiling takes 0.1 s, so an
// empty one stands for them, and the program that would write them into files is not run.
const AFTER_IMAGE = `
import random, sys, types, numpy
random.seed()
numpy.random.seed()
assert numpy.arange(3).sum() == 3
sys.modules["pyscript"] = types.ModuleType("pyscript")
`;
const WRITES_MODULES = '_Path("./pyscript")'; // is in that program
const NO_PACKAGES = { info: { abi_version: "2026_0" }, packages: {} }; // what Pyodide wants to know when it installs nothing

let fallbackReason;
const tell = (detail) => postMessage({ quantlab: { ...detail, ...(fallbackReason && { fallbackReason }) } });

// The body is read twice, once by us for its length: the response that Pyodide gets stays the browser's own, so that
// compiled code can be cached.
function counted(response, stage) {
  if (stage && response.ok && response.body) count(response.clone(), stage).catch(() => {}); // the body's other reader fails, too
  return response;
}

async function count(response, stage) {
  const total = response.headers.get("content-encoding") ? 0 : Number(response.headers.get("content-length"));
  let received = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    received += value.length;
    tell({ stage, received, total });
  }
}

// Fetching begins at once, before PyScript asks for Python; who asks first, by way of `fetch`, gets what has begun.
const plainFetch = globalThis.fetch.bind(globalThis);
const begun = new Map();
for (const [url, stage] of Object.entries(HAS_IMAGE ? STARTING : {})) {
  const response = plainFetch(url).then((response) => counted(response, stage));
  response.catch(() => {}); // told where it is awaited
  begun.set(url, response);
}
globalThis.fetch = async (resource, options) => {
  const url = String(resource.url ?? resource);
  const response = begun.get(url);
  if (!response) return counted(await plainFetch(resource, options), ALSO_COUNTED.find(([pattern]) => pattern.test(url))?.[1]);
  begun.delete(url);
  return response;
};
async function fetchWell(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${new URL(url).pathname.split("/").pop()}: ${response.status} ${response.statusText}`);
  return response;
}

// Pyodide waits for ever for a module that does not compile: that is told here.
for (const name of ["compileStreaming", "instantiateStreaming"]) {
  const plain = WebAssembly[name]?.bind(WebAssembly);
  if (!plain) continue;
  WebAssembly[name] = async (source, ...others) => {
    const response = await source;
    const file = new URL(response.url || location.href).pathname.split("/").pop();
    if (!response.ok) tell({ unloadable: REFUSED(file, response.status) });
    return plain(response, ...others).catch((error) => {
      tell({ unloadable: DAMAGED(file, error.message) });
      throw error;
    });
  };
}

const importFactory = () => import("../vendor/pyodide/pyodide.asm.mjs");
const factory = importFactory();
factory.catch(() => {});

await provideStorage();

export async function loadPyodide(options) {
  if (!HAS_IMAGE) return startPlain({ ...options, indexURL });
  try {
    return await startFromImage({ ...options, indexURL });
  } catch (error) {
    console.info("Python starts without its memory image:", error);
    fallbackReason = error.message.split("\n")[0];
    return startPlain({ ...options, indexURL });
  }
}

async function startFromImage(options) {
  const image = fetchWell(imageURL).then(async (response) => new Uint8Array(await response.arrayBuffer()));
  const libraries = fetchWell(librariesURL).then(readLibraries);
  for (const promise of [image, libraries]) promise.catch(() => {});
  const nothing = URL.createObjectURL(new Blob()); // the standard library: what is needed of it is in the image
  const pyodide = await load({
    ...options,
    ...imageOptions(() => factory, image, libraries),
    stdLibURL: nothing,
    lockFileContents: NO_PACKAGES,
  });
  URL.revokeObjectURL(nothing);
  globalThis.fetchLab = () => fetchLab(pyodide);
  globalThis.fetchLibrary = () => fetchLibrary(pyodide);
  pyodide.runPython(AFTER_IMAGE);
  const run = pyodide.runPythonAsync;
  pyodide.runPythonAsync = (code, options) => (code.includes(WRITES_MODULES) ? Promise.resolve() : run(code, options));
  return pyodide;
}

async function startPlain(options) {
  const [pyodide, lab] = await Promise.all([
    load({ ...options, packages: ["numpy"] }),
    fetchWell(at("../lab.zip")).then((response) => response.arrayBuffer()),
  ]);
  pyodide.unpackArchive(lab, "zip", { extractDir: SITE_PACKAGES });
  return pyodide;
}

// Called by Python when it imports something that is not in the image: get all modules there are, while Python waits.
function fetchLab(pyodide) {
  pyodide.unpackArchive(readNow(at("../lab.zip")), "zip", { extractDir: SITE_PACKAGES });
}

function fetchLibrary(pyodide) {
  const lock = JSON.parse(new TextDecoder().decode(readNow(`${indexURL}pyodide-lock.json`)));
  pyodide.FS.writeFile(STANDARD_LIBRARY, readNow(`${indexURL}python_stdlib.zip`));
  const extractDir = SITE_PACKAGES;
  pyodide.unpackArchive(readNow(indexURL + lock.packages.numpy.file_name), "wheel", { extractDir });
}

function readNow(url) {
  const request = new XMLHttpRequest();
  request.open("GET", url, false);
  request.responseType = "arraybuffer";
  request.send();
  if (request.status !== 200) throw new Error(`${url}: ${request.status} ${request.statusText}`);
  return new Uint8Array(request.response);
}
