// The memory image: Pyodide's memory as the build left it, with NumPy and the lab imported. Restoring it replaces running
// Python's start. The image works only on the memory layout it was made on: the same WebAssembly, and NumPy's libraries
// linked in the same order before anything else takes memory. `link` therefore runs for the build and for the page alike,
// and `restore` refuses an image whose layout differs.
//
// All of it leans on the inside of the pinned Pyodide; tests/build/test_startup.py and tests/browser/test_startup.py hold it.
//
//     libraries file   gzip of: length of JSON (uint32), JSON [{path, size}], the libraries one after the other
//     image file       "QIMG", length of JSON (uint32), JSON, zstd frame of:
//                      number of runs (uint32), runs (start and length, uint32 each), the bytes of the runs

const MAGIC = 0x474d4951; // "QIMG"
export const STANDARD_LIBRARY = "/lib/python314.zip";
// The table of functions has about 9,000 of Pyodide's own, the same in every browser; as it starts, Pyodide adds 5,000 to 6,000
// that it exports, fewer where the browser recognises those that the table has already (WebKit does not). What follows must be
// at the same places everywhere, for the image has them as pointers: first the exported functions that the libraries point to,
// a place for each, then each library's own, with a gap after it.
const POINTED_TO = 16_384;
const TABLE = 17_408;
const GAP = 512;

export async function readLibraries(response) {
  const stream = response.body.pipeThrough(new DecompressionStream("gzip"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const { json, end } = readJson(bytes, 0);
  let start = end;
  const libraries = json.map(({ path, size }) => ({ path, size, bytes: bytes.subarray(start, (start += size)) }));
  return Promise.all(libraries.map(async (library) => ({ ...library, code: await WebAssembly.compile(library.bytes) })));
}

function readJson(bytes, offset) {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(offset, true);
  const start = offset + 4;
  return { json: JSON.parse(new TextDecoder().decode(bytes.subarray(start, start + length))), end: start + length };
}

// Makes a factory for loadPyodide's `createPyodideModule`: as Pyodide's own, with the libraries linked before Python starts.
// `atLinked(module)` is called when memory holds the data of all code and nothing else; `atReady(module)` at the end.
export function linkingFactory(importFactory, libraries, { atLinked, atReady }) {
  return async (settings) => {
    let fail, ownFunctions;
    const failed = new Promise((_, reject) => (fail = reject));
    settings.preRun.push((module) => {
      module.addRunDependency("libraries");
      Promise.resolve(libraries)
        .then((all) => {
          link(module, all, ownFunctions);
          atLinked(module);
          module.removeRunDependency("libraries");
        })
        .catch(fail);
    });
    const { instantiateWasm } = settings;
    settings.instantiateWasm = (imports, receive) =>
      instantiateWasm(imports, (instance, code) => {
        ownFunctions = instance.exports.__indirect_function_table.length;
        return receive(instance, code);
      });
    const { default: factory } = await importFactory();
    const module = await Promise.race([factory(settings), failed]);
    await atReady?.(module);
    return module;
  };
}

function link(module, libraries, ownFunctions) {
  placePointedTo(module, libraries, ownFunctions);
  let base = TABLE;
  for (const { path, code } of libraries) {
    fillTable(module, base);
    const library = module.newDSO(path, undefined, "loading");
    library.refcount = Infinity;
    library.global = false;
    library.exports = module.loadWebAssemblyModule(code, { loadAsync: false, nodelete: true, global: false }, path, {}, 0);
    base += module.getDylinkMetadata(code).tableSize + GAP;
  }
}

// What the table has had from the beginning keeps its place, for Python compares pointers; what the libraries have themselves
// comes with them.
function placePointedTo(module, libraries, ownFunctions) {
  const exported = module.LDSO.loadedLibsByName.__main__.exports;
  const imports = libraries.flatMap(({ code }) => WebAssembly.Module.imports(code));
  const names = new Set(imports.filter((found) => found.module === "GOT.func").map(({ name }) => name));
  fillTable(module, POINTED_TO);
  for (const name of names) {
    const place = module.getEmptyTableSlot();
    const address = module.GOT[name]?.value ?? -1;
    if (address < ownFunctions) continue;
    module.wasmTable.set(place, exported[name]);
    module.GOT[name].value = place;
  }
}

// Makes the table so long that what is added next comes at its end.
function fillTable({ wasmTable: table, getEmptyTableSlot }, length) {
  while (getEmptyTableSlot() < table.length - 1); // places that are free in between
  if (table.length > length) throw new Error(`there are ${table.length - length} functions more than provided for`);
  table.grow(length - table.length);
}

// The address where the heap begins: below it lie the data of Pyodide and of the libraries.
export const heapBase = (module) => module.HEAPU32[module._emscripten_get_sbrk_ptr() >> 2];

// Gives options for loadPyodide that start from an image. `image` and `libraries` may be promises.
export function imageOptions(importFactory, image, libraries) {
  let untouched;
  return {
    _loadSnapshot: new Uint8Array(), // tells Pyodide not to start Python; the image itself comes at the end
    createPyodideModule: linkingFactory(importFactory, libraries, {
      atLinked: (module) => (untouched = module.HEAPU8.slice(0, heapBase(module))),
      async atReady(module) {
        const [bytes, all] = await Promise.all([image, libraries]);
        const config = restore(module, bytes, untouched, all);
        module.API.restoreSnapshot = () => config;
        delete module.API.config.createPyodideModule; // it would keep all the bytes that were read
        module.FS.unlink(STANDARD_LIBRARY); // nothing is in it, which Python must not mistake for a damaged one
      },
    }),
  };
}

function restore(module, bytes, untouched, libraries) {
  if (new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) !== MAGIC) throw new Error("this is no memory image");
  const { json: header, end } = readJson(bytes, 4);
  const found = layout(module, untouched.length, libraries);
  if (JSON.stringify(header.layout) !== JSON.stringify(found)) throw new Error("the memory image is of another build");
  const body = unpack(module, bytes.subarray(end), header.size);
  if (module.HEAPU8.length < header.memory) module.growMemory(header.memory);
  const heap = module.HEAPU8;
  heap.set(untouched); // what has run since then has left its traces
  heap.fill(0, untouched.length);
  const words = new Uint32Array(body.buffer, 0, body.length >> 2);
  let start = 4 + 8 * words[0];
  for (let run = 0; run < words[0]; run++) {
    const length = words[2 + 2 * run];
    heap.set(body.subarray(start, start + length), words[1 + 2 * run]);
    start += length;
  }
  const trampoline = trampolineAddress(module); // a function in this browser's own table
  new DataView(heap.buffer).setUint32(trampoline, new DataView(untouched.buffer).getUint32(trampoline, true), true);
  for (const [handle, path] of header.handles) {
    module.LDSO.loadedLibsByHandle[handle] = module.LDSO.loadedLibsByName[path];
  }
  return header.config;
}

// Where Python keeps the function by which it calls C functions of any signature; 0 there stands for a slower one.
function trampolineAddress(module) {
  return module.__PyRuntime + module.HEAPU32[module.__PyEM_EMSCRIPTEN_TRAMPOLINE_OFFSET >> 2];
}

export const layout = (module, base, libraries) => ({
  pyodide: module.API.config.BUILD_ID,
  base,
  libraries: libraries.map(({ path, size }) => [path, size]),
});

// Pyodide's own zstd does it, in memory that is overwritten right after; the frame carries a checksum.
function unpack(module, packed, size) {
  const source = module._malloc(packed.length);
  module.HEAPU8.set(packed, source);
  const target = module._malloc(size);
  if (module._ZSTD_decompress(target, size, source, packed.length) !== size) throw new Error("the memory image is damaged");
  return module.HEAPU8.slice(target, target + size);
}
