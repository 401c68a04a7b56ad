// Runs quantcore's tests under Pyodide, in Node: the same files as under CPython, with NumPy on WebAssembly.
//
//     node tests/pyodide/run.mjs [arguments for pytest]
//     node tests/pyodide/run.mjs --program tests/bench/core.py [its arguments]
//
// Python and NumPy are those of dist/; pytest and Hypothesis, pure Python, are read from .venv.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const folder = join(root, "dist/vendor/pyodide");
const library = join(root, ".venv/lib");
const packages = join(library, readdirSync(library).find((name) => name.startsWith("python3.")), "site-packages");

const { loadPyodide } = await import(join(folder, "pyodide.mjs"));
const pyodide = await loadPyodide({ indexURL: folder, packages: ["numpy"], env: { PYTHONDONTWRITEBYTECODE: "1", HOME: "/tmp" } });
for (const [name, path] of Object.entries({ "/project": root, "/packages": packages })) {
  pyodide.FS.mkdirTree(name);
  pyodide.FS.mount(pyodide.FS.filesystems.NODEFS, { root: path }, name);
}

try {
  pyodide.runPython(readFileSync(join(root, "tests/pyodide/run.py"), "utf-8"));
  process.exitCode = pyodide.globals.get("run")(pyodide.toPy(process.argv.slice(2)));
} catch (error) {
  console.error(error.message); // Node would print the line that threw: all of Pyodide
  process.exitCode = 1;
}
