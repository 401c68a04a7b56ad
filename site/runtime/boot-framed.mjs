// Starts PyScript in a frame, where the browser may refuse storage: PyScript would fail on that on the page's side, too.
import { provideStorage } from "./storage.mjs";

await provideStorage();
await import("./boot.mjs");
