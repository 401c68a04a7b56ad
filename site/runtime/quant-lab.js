// <quant-lab values="-3, 3.2" bits="8">. No module: it has no CORS.
{
const SITE = new URL("./", (document.currentScript ?? document.querySelector("script[src$='quant-lab.js']")).src);
const group = Math.random();
const isField = (name) => !/^(id|class|style|title|height|hidden|slot|lang|dir|role|tabindex|on.*|.*-.*)$/.test(name);

const live = new Set();
for (const type of ["message", "securitypolicyviolation"])
  addEventListener(type, (event) => live.forEach((it) => it.hear(event)));

// Leaving absolute ends scroll anchoring.
const style = new CSSStyleSheet();
style.replaceSync(`
:host(:not([hidden])) {display:block}
iframe {width:100%; height:0; border:0; display:block; color:color-mix(in srgb, currentcolor, currentcolor); transition:color 1ms}
slot {display:block}
slot ~ iframe {max-height:0; visibility:hidden}
`);

class QuantLab extends HTMLElement {
  #near = new IntersectionObserver((seen) => seen.at(-1).isIntersecting && this.#load(), { rootMargin: "800px" });
  #root = this.attachShadow({ mode: "open", delegatesFocus: true });
  #frame;
  #timer;
  #told;

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [style];
    new MutationObserver((all) => this.#change(all)).observe(this, { attributes: true });
  }

  connectedCallback() {
    this.#start();
    this.#near.observe(this);
    live.add(this);
  }

  disconnectedCallback() {
    this.#start();
    live.delete(this);
  }

  get request() {
    const names = this.getAttributeNames().filter(isField);
    return { ...(this.#told ?? Object.fromEntries(names.map((name) => [name, this.getAttribute(name)]))) };
  }

  get #asked() {
    const request = this.request;
    if (this.#isDressed) {
      const [r, g, b] = getComputedStyle(this.#frame).color.match(/[\d.]+/g); // of color(srgb 0.9 0.9 0.9)
      request.theme = +r + +g + +b > 1.5 ? "dark" : "light";
    }
    this.#frame.style.colorScheme = request.theme ?? "light dark";
    return request;
  }

  get #isDressed() {
    return this.getAttribute("theme") === "host";
  }

  set request(fields) {
    for (const name in this.request) this.removeAttribute(name);
    for (const name in fields) this.setAttribute(name, fields[name]);
    this.#told &&= {};
  }

  hear({ source, origin, data, blockedURI }) {
    if (!this.#frame) return;
    if (blockedURI?.startsWith(SITE.origin)) this.#fail("This page's policy forbids it.");
    else if (source === this.#frame.contentWindow && origin === SITE.origin) this.#take(data?.quantlab ?? {});
  }

  #url = (page = "embed.html", request = { ...this.#asked, group }) => `${SITE}${page}#${new URLSearchParams(request)}`;
  #say = (quantlab) => this.#frame.contentWindow.postMessage({ quantlab }, SITE.origin);
  #tell = (type, detail) => this.dispatchEvent(new CustomEvent(type, { detail, bubbles: type !== "error" }));

  #start() {
    this.#near.disconnect();
    clearTimeout(this.#timer);
    this.#frame = this.#told = undefined;
    const slot = document.createElement("slot");
    slot.style.minHeight = `${this.getAttribute("height") ?? 0}px`;
    this.#root.replaceChildren(slot);
  }

  #load() {
    this.#near.disconnect();
    this.#frame = Object.assign(document.createElement("iframe"), {
      title: this.title || "Quantization Lab",
      allow: "clipboard-write",
      ontransitionend: () => this.#isDressed && this.#ask(),
    });
    this.#timer = setTimeout(() => this.#fail("No answer."), 3e4);
    this.#root.append(this.#frame);
    this.#frame.src = this.#url();
    this.hasChildNodes() || this.#reveal();
  }

  #reveal() {
    const focused = this.querySelector(":focus");
    this.#frame.previousSibling?.remove();
    if (focused) this.#frame.focus();
  }

  #change(all) {
    const names = all.map((change) => change.attributeName).filter(isField);
    const request = this.request;
    for (const name of names) request[name] = this.getAttribute(name);
    if (!this.#frame || !names.length) return;
    if (this.#told) this.#told = request;
    this.#ask();
  }

  #ask() {
    if (this.#told) this.#say({ kind: "ask", request: this.#asked });
    else this.#frame.src = this.#url();
  }

  #take({ kind, height, request, answer, errors }) {
    if (kind === "height") {
      this.#frame.style.height = `${height}px`;
      if (this.#timer) this.#say({ kind: "hello" });
      this.#timer = clearTimeout(this.#timer);
    } else if (kind) {
      this.#reveal();
      this.#told = { ...(request ?? this.request), ...(this.#isDressed && { theme: "host" }) };
      this.#tell(kind, answer ?? errors);
    }
  }

  #fail(message) {
    this.#start();
    const link = Object.assign(document.createElement("a"), { href: this.#url("index.html", this.request) });
    link.append(message, " Open it there.");
    this.#root.append(link);
    this.#tell("error", [{ field: "", message }]);
  }
}

customElements.get("quant-lab") || customElements.define("quant-lab", QuantLab);
}
