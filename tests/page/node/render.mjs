// Renders the snippets that have their tools in Node. Its argument is {"mdx": text, "wordpress": text}; it writes
// {"mdx": HTML, "wordpress": blocks}. Read from standard input in the folder with the packages, so that it finds them.
import { evaluate } from "@mdx-js/mdx";
import { parse } from "@wordpress/block-serialization-default-parser";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import * as runtime from "react/jsx-runtime";

const given = JSON.parse(process.argv[2]);
const page = await evaluate(given.mdx, { ...runtime, baseUrl: "file:///page.mdx" });
console.log(JSON.stringify({
  mdx: renderToStaticMarkup(createElement(page.default)),
  wordpress: parse(given.wordpress),
}));
