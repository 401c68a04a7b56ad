// Stands in front of MicroPython's module as PyScript's `interpreter` on the pages, so that they answer sooner.
import { loadMicroPython as load } from "../vendor/micropython/micropython.mjs";

const url = new URL("../vendor/micropython/micropython.wasm", import.meta.url).href;
// PyScript imports all of its modules, and compiling them takes most of its start. For those that no page uses stands a class
// with the names that are imported from them.
const WITHOUT = `
import sys
class _Absent:
    HTML = display = fetch = Storage = storage = WebSocket = when = Event = None
for _name in ("display", "events", "fetch", "storage", "websocket"):
    sys.modules["pyscript." + _name] = _Absent
del sys, _Absent, _name
`;

export async function loadMicroPython(options) {
  const python = await load({ ...options, url });
  python.runPython(WITHOUT);
  await new Promise((resolve) => setTimeout(resolve)); // PyScript goes on in a task of its own, and the browser comes between
  return python;
}
