// PyScript opens a database before it loads Python, and dies where the browser refuses it (a frame from another site, a
// private window). There, and only there, a stand-in that forgets takes the database's place.

export async function provideStorage() {
  if (await isStorageAllowed()) return;
  Object.defineProperty(globalThis, "indexedDB", { value: { open }, configurable: true });
}

function isStorageAllowed() {
  return new Promise((resolve) => {
    try {
      const request = indexedDB.open("quantlab");
      request.onsuccess = () => {
        request.result.close();
        resolve(true);
      };
      request.onerror = (event) => {
        event.preventDefault();
        resolve(false);
      };
    } catch {
      resolve(false);
    }
  });
}

// The few calls that PyScript makes, on a Map.
function open() {
  const entries = new Map();
  const store = {
    count: () => answered(entries.size),
    clear: () => answered(entries.clear()),
    delete: (key) => answered(entries.delete(key)),
    get: (key) => answered(entries.get(key)),
    getKey: (key) => answered(entries.has(key) ? key : undefined),
    getAllKeys: () => answered([...entries.keys()]),
    put: (value, key) => answered(entries.set(key, value) && key),
  };
  return answered({ close() {}, transaction: () => ({ objectStore: () => store }) });
}

function answered(result) {
  const request = { result };
  queueMicrotask(() => request.onsuccess?.({ target: request }));
  return request;
}
