// The ground under the one-file page: gives from the file itself what a server would give. The build writes the site's
// files into <script type="application/octet-stream"> blocks and this script behind them; it runs again in each worker.
//
// On the page, an import map leads to the modules. A worker has none, so there a module's imports are resolved before it is
// made; and as browsers let a page from a disk start only classic workers, a classic one imports the worker's module.
(() => {
  const IS_PAGE = typeof document !== "undefined";
  const SOURCE = IS_PAGE && document.currentScript.textContent;
  const files = new Map(); // absolute address: {content: ArrayBuffer, type, size, isPacked}
  const modules = new Map(); // absolute address: promise of the URL of its module
  let base;

  globalThis.quantlabIsOneFile = true;

  // Reading

  const addressOf = (resource) => String(new URL(resource.url ?? resource, base)).replace(/[?#].*/, "");

  async function respond({ content, type, size, isPacked }) {
    const unpacked = () => new Response(content).body.pipeThrough(new DecompressionStream("gzip"));
    const body = isPacked ? await new Response(unpacked()).arrayBuffer() : content;
    return new Response(body, { headers: { "content-type": type, "content-length": size } });
  }

  function provideFetch() {
    const plainFetch = globalThis.fetch.bind(globalThis);
    globalThis.fetch = async (resource, options) => {
      const address = addressOf(resource);
      if (files.has(address)) return respond(files.get(address));
      return address.startsWith(base) ? new Response("", { status: 404 }) : plainFetch(resource, options);
    };
    globalThis.XMLHttpRequest = FileRequest;
  }

  // By which MicroPython reads its WebAssembly when its address is on a disk.
  class FileRequest {
    open(_method, url) {
      this.address = addressOf(url);
    }
    async send() {
      this.response = await (await respond(files.get(this.address))).arrayBuffer();
      this.status = 200;
      this.onload();
    }
  }

  // Modules

  const SPECIFIER = /(\bfrom|\bimport|\bimport\()(\s*["'])(\.{1,2}\/[^"']+)(?=["'])/g;

  function moduleOf(address) {
    if (!modules.has(address)) modules.set(address, makeModule(address));
    return modules.get(address);
  }

  async function makeModule(address) {
    return urlOf(await adapt(await (await respond(files.get(address))).text(), address));
  }

  // WebKit lets such a worker import no blob, Firefox no data: URL from another: what a worker imports is found by trying.
  const blobOf = (text) => URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const dataOf = (text) => `data:text/javascript;charset=utf-8,${encodeURIComponent(text)}`;
  let urlOf = blobOf;

  async function chooseModules() {
    await import(blobOf("export {}")).catch(() => (urlOf = dataOf));
  }

  // A module's own address, and those of its imports, written out.
  async function adapt(text, address) {
    const placed = text.replace(/\bimport\.meta\b/g, `({url: ${JSON.stringify(address)}})`);
    const found = new Map();
    for (const [, , , specifier] of placed.matchAll(SPECIFIER)) {
      const target = String(new URL(specifier, address));
      found.set(specifier, !IS_PAGE && files.has(target) ? await moduleOf(target) : target);
    }
    const resolved = placed.replace(SPECIFIER, (_, before, quote, specifier) => before + quote + found.get(specifier));
    return IS_PAGE ? resolved : resolved.replace(/\bimport\((?=[\w$])/g, "quantlabImport(");
  }

  // The worker

  function beginWorker() {
    const waiting = [];
    const hold = (event) => {
      if (!event.isTrusted) return; // one of those that were held, now given on
      event.stopImmediatePropagation();
      if (event.data?.quantlabGround) begin(event.data.quantlabGround).catch((error) => postMessage(error));
      else waiting.push(event);
    };
    const listen = globalThis.addEventListener.bind(globalThis);
    listen("message", hold);

    // Gives on what was held, each in a task of its own, once somebody listens.
    async function release() {
      for (let event; (event = waiting.shift()); await new Promise((resolve) => setTimeout(resolve))) {
        dispatchEvent(new MessageEvent("message", { data: event.data, ports: [...event.ports] }));
      }
      removeEventListener("message", hold);
    }

    async function begin(ground) {
      base = ground.base;
      await chooseModules();
      for (const [address, file] of ground.files) files.set(address, file);
      provideFetch();
      globalThis.importScripts = () => {
        throw new TypeError("not in a module"); // by this Pyodide tells one kind of worker from the other
      };
      globalThis.quantlabImport = async (specifier) => {
        const address = addressOf(specifier);
        return import(files.has(address) ? await moduleOf(address) : specifier);
      };
      globalThis.addEventListener = (type, ...others) => {
        listen(type, ...others);
        if (type !== "message") return;
        globalThis.addEventListener = listen;
        setTimeout(release);
      };
      const program = ground.program.replaceAll("location.href", JSON.stringify(base)); // a blob's address is no base
      await import(urlOf(await adapt(program, base)));
    }
  }

  function provideWorkers() {
    const Plain = globalThis.Worker;
    globalThis.Worker = class extends Plain {
      constructor(program, options) {
        super(URL.createObjectURL(new Blob([SOURCE], { type: "text/javascript" })), { name: options?.name });
        fetch(program)
          .then((response) => response.text())
          .then((text) => {
            const ground = { base, files: [...files], program: text };
            Plain.prototype.postMessage.call(this, { quantlabGround: ground });
          });
      }
    };
  }

  // The page

  async function beginPage() {
    base = String(new URL("./", location.href));
    takeState();
    const starts = document.currentScript.dataset.modules.split(" ");
    await Promise.all([...document.querySelectorAll("script[data-file]")].map(readBlock));
    provideFetch();
    provideWorkers();
    provideScripts();
    const imports = {};
    for (const address of files.keys()) {
      if (isOfPage(address)) imports[address] = await moduleOf(address);
    }
    addScript("importmap", JSON.stringify({ imports }));
    addScript("module", starts.map((place) => `import "./${place}";`).join("\n"));
  }

  const isOfPage = (address) => /\.m?js$/.test(address) && !/\/vendor\/(pyodide|plotly)\//.test(address);

  async function readBlock(block) {
    const { file, type, size, packed } = block.dataset;
    const response = await fetch(`data:application/octet-stream;base64,${block.textContent}`);
    files.set(base + file, { content: await response.arrayBuffer(), type, size, isPacked: packed !== undefined });
    block.remove();
  }

  // The state in which the file was taken along, unless it is opened with another.
  function takeState() {
    const state = document.querySelector("meta[name=quantlab-state]").content;
    if (state && !location.hash) history.replaceState(null, "", `#${state}`);
  }

  function addScript(type, text) {
    const script = document.createElement("script");
    Object.assign(script, { type, textContent: text });
    document.head.append(script);
  }

  // Scripts that are added later: `script.src = "vendor/..."`.
  function provideScripts() {
    const { get, set } = Object.getOwnPropertyDescriptor(HTMLScriptElement.prototype, "src");
    const begun = new Set();
    const setSource = async (script, address) => {
      if (begun.has(address)) return;
      begun.add(address);
      set.call(script, URL.createObjectURL(await (await respond(files.get(address))).blob()));
    };
    Object.defineProperty(HTMLScriptElement.prototype, "src", {
      get,
      set(value) {
        const address = addressOf(value);
        if (files.has(address)) setSource(this, address);
        else set.call(this, value);
      },
    });
  }

  if (IS_PAGE) beginPage();
  else beginWorker();
})();
