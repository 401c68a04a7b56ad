// The service worker: keeps one whole build of the site, so that it opens without a network. The build writes BUILD and
// FILES above this line: the digest of all, and for each file its size and SHA-256.
//
// A cache is filled file by file, each checked against its digest before it is put in, so a download that was cut off
// goes on where it stopped. Only a complete cache lets the worker install; only then does it answer a page. A page that is
// open keeps the build it was opened with: the next worker waits until it is gone or its reader asks for the new build.

const PREFIX = `quantlab ${registration.scope} `; // other sites may share the origin
const NAME = PREFIX + BUILD;
const AT_ONCE = 4; // downloads

addEventListener("install", (event) => event.waitUntil(install()));
addEventListener("activate", (event) => event.waitUntil(forgetOthers()));
addEventListener("fetch", (event) => {
  const path = pathOf(event.request);
  if (path !== undefined) event.respondWith(answer(path, event.request));
});
addEventListener("message", (event) => {
  if (event.data === "quantlab:take-over") event.waitUntil(takeOver(event.source));
});

const urlOf = (path) => new URL(path, registration.scope).href;

// Which of our files a request wants, if any: a folder's address stands for its index.
function pathOf(request) {
  if (request.method !== "GET" || !request.url.startsWith(registration.scope)) return undefined;
  const path = decodeURI(new URL(request.url).pathname.slice(new URL(registration.scope).pathname.length));
  const file = path === "" || path.endsWith("/") ? `${path}index.html` : path;
  return Object.hasOwn(FILES, file) ? file : undefined;
}

async function answer(path, request) {
  const kept = await (await caches.open(NAME)).match(urlOf(path));
  return kept ?? fetch(request); // the browser may have thrown the cache away
}

async function install() {
  const cache = await caches.open(NAME);
  const others = (await ours()).filter((name) => name !== NAME);
  const total = Object.values(FILES).reduce((sum, [size]) => sum + size, 0);
  const waiting = Object.keys(FILES);
  let saved = 0;
  await tell({ saved, total });
  const saveOneByOne = async () => {
    for (let path; (path = waiting.pop()) !== undefined; ) {
      if (!(await matches(await cache.match(urlOf(path)), path))) await cache.put(urlOf(path), await find(path, others));
      await tell({ saved: (saved += FILES[path][0]), total });
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, saveOneByOne));
  } finally {
    waiting.length = 0; // when one fails, the others stop, too
  }
}

// A file as it must be: from an earlier build, from what the browser has just loaded, or from the server.
async function find(path, others) {
  const url = urlOf(path);
  for (const name of others) {
    const kept = await (await caches.open(name)).match(url);
    if (await matches(kept, path)) return kept;
  }
  for (const mode of ["default", "reload"]) {
    const response = await fetch(url, { cache: mode });
    if (await matches(response, path)) return whole(response);
  }
  throw new Error(`${path} on the server is not that of build ${BUILD}`);
}

// A redirected response may not answer a navigation, so only what matters of it is kept.
function whole(response) {
  return new Response(response.body, { headers: { "content-type": response.headers.get("content-type") ?? "" } });
}

async function matches(response, path) {
  if (!response?.ok) return false;
  const bytes = await response.clone().arrayBuffer();
  const [size, digest] = FILES[path];
  if (bytes.byteLength !== size) return false;
  const found = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return digest === Array.from(found, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const ours = async () => (await caches.keys()).filter((name) => name.startsWith(PREFIX));

async function forgetOthers() {
  const others = (await ours()).filter((name) => name !== NAME);
  await Promise.all(others.map((name) => caches.delete(name)));
}

// Only the last open page may change to the new build; under others it would be pulled away.
async function takeOver(asking) {
  const pages = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const others = pages.filter((page) => page.id !== asking.id && page.frameType === "top-level").length;
  if (others) asking.postMessage({ quantlabOffline: { others } });
  else await skipWaiting();
}

async function tell(message) {
  for (const client of await clients.matchAll({ includeUncontrolled: true })) client.postMessage({ quantlabOffline: message });
}
