// Makes the memory image that the page starts from, by running Pyodide in Node. Called by startup.py:
//
//     node startup.mjs VENDOR LIBRARIES WHEEL LAB IMAGE
//
// VENDOR is the folder of Pyodide's files, LIBRARIES the file that the page links, WHEEL is NumPy, LAB is lab.zip.
// The same input gives the same bytes: clock, randomness and environment are fixed before Pyodide is loaded.
import nodeCrypto from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { heapBase, layout, linkingFactory, readLibraries } from "../runtime/image.mjs";

const SITE_PACKAGES = "/lib/python3.14/site-packages";
const BLOCK = 64; // bytes; memory is compared in blocks of this size
const LEVEL = 22; // of zstd, the highest: its windows are as large as the memory
const NOW = Date.UTC(2020, 0, 1);
const ENVIRONMENT = {
  PYTHONHASHSEED: "0",
  PYTHONOPTIMIZE: "2", // without docstrings and asserts
  PYTHONNODEBUGRANGES: "1", // lines in tracebacks, not columns
  LANG: "C.UTF-8",
  TZ: "UTC",
  HOME: "/home/pyodide",
  _: "python",
};

const here = dirname(fileURLToPath(import.meta.url));
const inside = readFileSync(join(here, "startup_inside.py"), "utf-8");

function fixSurroundings() {
  const RealDate = Date;
  globalThis.Date = class extends RealDate {
    constructor(...parts) {
      super(...(parts.length ? parts : [NOW]));
    }
    static now() {
      return NOW;
    }
  };
  performance.now = () => 0;
  Math.random = () => 0.5;
  const fill = (array) => (new Uint8Array(array.buffer, array.byteOffset, array.byteLength).fill(7), array);
  nodeCrypto.randomFillSync = nodeCrypto.webcrypto.getRandomValues = fill; // the page seeds anew: interpreter.mjs
  process.env.TZ = "UTC";
}

const read = (path) => new Uint8Array(readFileSync(path));

async function start(vendor, options) {
  const { loadPyodide } = await import(pathToFileURL(join(vendor, "pyodide.mjs")));
  return loadPyodide({ indexURL: vendor + "/", env: ENVIRONMENT, _sysExecutable: "python", fullStdLib: false, ...options });
}

function json(value) {
  const text = Buffer.from(JSON.stringify(value));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  return Buffer.concat([length, text]);
}

async function make(vendor, librariesFile, wheel, lab, target) {
  const libraries = await readLibraries(new Response(read(librariesFile)));
  let module, untouched;
  const createPyodideModule = linkingFactory(() => import(pathToFileURL(join(vendor, "pyodide.asm.mjs"))), libraries, {
    atLinked(linked) {
      module = linked;
      untouched = module.HEAPU8.slice(0, heapBase(module));
    },
  });
  const py = await start(vendor, { _makeSnapshot: true, createPyodideModule });
  py.unpackArchive(read(wheel), "wheel", { extractDir: SITE_PACKAGES });
  py.unpackArchive(read(lab), "zip", { extractDir: SITE_PACKAGES });
  const globals = py.toPy({ __name__: "startup_inside" });
  py.runPython(inside, { globals });
  py.runPython("warm_up()", { globals });
  configure(module, "optimization_level", 0); // what is compiled in the page keeps its asserts and docstrings
  const { config, size } = snapshot(py, module);
  const body = Buffer.concat(runs(module.HEAPU8.subarray(0, size), untouched));
  const strangers = Object.keys(module.LDSO.loadedLibsByName).filter((name) => name !== "__main__" && !libraries.some(({ path }) => path === name));
  if (strangers.length) throw new Error(`to be linked before Python starts, too: ${strangers.join(", ")}`);
  const handles = Object.entries(module.LDSO.loadedLibsByHandle)
    .filter(([, { name }]) => libraries.some(({ path }) => path === name))
    .map(([handle, { name }]) => [Number(handle), name]);
  const header = { layout: layout(module, untouched.length, libraries), memory: size, size: body.length, handles, config };
  py.FS.writeFile("/body", body);
  const packed = py.runPython(`pack("/body", ${LEVEL})`, { globals }).toJs();
  writeFileSync(target, Buffer.concat([Buffer.from("QIMG"), json(header), packed]));
}

function configure(module, name, value) {
  const text = module.stringToNewUTF8(name);
  if (module._PyConfig_Set(text, module._PyLong_FromLong(value))) throw new Error(`Python does not let ${name} be set`);
  module._free(text);
}

// Cleans memory of what is free, and returns what Pyodide must know to take it up again.
function snapshot(py, module) {
  scrub(module);
  const bytes = py.makeMemorySnapshot();
  const [, start, length] = new Uint32Array(bytes.buffer, bytes.byteOffset, 3);
  return { config: JSON.parse(new TextDecoder().decode(bytes.subarray(48, 48 + length))), size: bytes.length - start };
}

// Fills all free memory with zeros: takes whatever the allocator gives without asking the system for more.
function scrub(module) {
  const taken = [];
  module._malloc_set_footprint_limit(module._malloc_footprint());
  for (let size = 1 << 24; size >= 16; size = size > 1024 ? (size * 0.75) & ~15 : size - 16) {
    for (let address; (address = module._malloc(size)); ) {
      module.HEAPU8.fill(0, address, address + size);
      taken.push(address);
    }
  }
  for (const address of taken) module._free(address);
  module._malloc_set_footprint_limit(0xffffffff);
  module.HEAPU8.fill(0, module._sbrk(0) >>> 0);
}

// The stretches of memory that differ from what lies there untouched (zeros, above the data of the code).
function runs(memory, untouched) {
  const now = new BigUint64Array(memory.buffer, 0, memory.length / 8);
  const before = new BigUint64Array(memory.length / 8);
  new Uint8Array(before.buffer).set(untouched);
  const step = BLOCK / 8;
  const differs = (block) => {
    for (let i = block * step; i < (block + 1) * step; i++) if (now[i] !== before[i]) return true;
    return false;
  };
  const found = [];
  let start = -1;
  for (let block = 0; block <= memory.length / BLOCK; block++) {
    const is = block < memory.length / BLOCK && differs(block);
    if (is && start < 0) start = block * BLOCK;
    if (!is && start >= 0) {
      found.push([start, block * BLOCK - start]);
      start = -1;
    }
  }
  const table = Uint32Array.from([found.length, ...found.flat()]);
  return [Buffer.from(table.buffer), ...found.map(([from, length]) => Buffer.from(memory.subarray(from, from + length)))];
}

fixSurroundings();
try {
  await make(...process.argv.slice(2).map((path) => resolve(path)));
} catch (error) {
  console.error(error.message.slice(-4000)); // Node would print the line that threw: all of Pyodide
  process.exit(1);
}
process.exit(0);
