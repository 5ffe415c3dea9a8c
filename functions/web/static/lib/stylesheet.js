// @ts-check
/** Styles of a view, loaded with it. */
import { h } from "./dom.js";

/** @type {Map<string, Promise<void>>} */
const loaded = new Map();

/** @param {string} name a file of styles/ @returns {Promise<void>} once it is there */
export function stylesheet(name) {
  const known = loaded.get(name);
  if (known) return known;
  const coming = new Promise((resolve) => {
    const href = new URL(`../styles/${name}`, import.meta.url).href;
    document.head.append(h("link", { rel: "stylesheet", href, onload: () => resolve(undefined), onerror: () => resolve(undefined) }));
  });
  loaded.set(name, coming);
  return coming;
}
