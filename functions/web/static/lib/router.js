// @ts-check
/**
 * Views by the address's hash: `#/history`, `#/prompts/team/explain?version=3`. A view's module exports
 * `view(route) → Element`, with the route's further parts and query. What a person wrote never stands in an address.
 */
import { h } from "./dom.js";
import { trouble } from "./trouble.js";

/** @typedef {{path: string[], query: URLSearchParams}} Route */
/** @typedef {{title: string, icon: string, load: () => Promise<{view: (route: Route) => Element | Promise<Element>}>}} View */

/** @param {string} hash @returns {{name: string, route: Route}} */
export function parsed(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [name = "", ...rest] = path.split("/").filter(Boolean).map(decoded);
  return { name: name || "play", route: { path: rest, query: new URLSearchParams(query) } };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const link = (name, ...path) => `#/${[name, ...path].map(encodeURIComponent).join("/")}`;

/** Goes there without a new entry in the browser's list, and without showing it anew. */
export function renameTo(hash) {
  history.replaceState(null, "", hash);
}

/**
 * @param {HTMLElement} place
 * @param {Record<string, View>} views
 * @param {(name: string) => void} shown
 */
export function startRouter(place, views, shown) {
  let turn = 0;
  const show = async () => {
    const mine = ++turn;
    const { name, route } = parsed(location.hash);
    const known = views[name] ? name : "play";
    let element;
    try {
      element = await (await views[known].load()).view(route);
    } catch (error) {
      element = h("div", { class: "page" }, trouble({ code: error.code ?? "page", message: error.message, hint: error.hint ?? "Reload the page." }));
    }
    if (mine !== turn) return;
    if (place.firstElementChild !== element) place.replaceChildren(element);
    document.title = known === "play" ? "Promptyard" : `${views[known].title} · Promptyard`;
    shown(known);
  };
  addEventListener("hashchange", () => show());
  return show();
}
