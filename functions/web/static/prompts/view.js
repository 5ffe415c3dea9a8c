// @ts-check
/** The prompts: all of them; one with its versions. */
import { api } from "../lib/api.js";
import { fill, h, icon } from "../lib/dom.js";
import { time } from "../lib/format.js";
import { empty, page } from "../lib/page.js";
import { link } from "../lib/router.js";
import { rows } from "../lib/rows.js";
import { stylesheet } from "../lib/stylesheet.js";
import { prompt } from "./prompt.js";

/** @param {import("../lib/router.js").Route} route `#/prompts/<namespace>/<slug>/<version>` */
export async function view({ path: [namespace, slug, number] }) {
  await stylesheet("views.css");
  return slug ? prompt(`${namespace}/${slug}`, number) : list();
}

function list() {
  const place = h("div");
  const search = h("input", { type: "search", "aria-label": "Search prompts", placeholder: "Search", spellcheck: "false" });
  const show = () => fill(place, rows({ path: "api/v1/prompts", query: { search: search.value.trim() }, label: "Prompts", row, none: () => none(search.value) }));
  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 200);
  });
  show();
  return page("Prompts", { actions: [h("a", { class: "button", href: "#/play" }, icon("plus"), "Write one")] }, h("div", { class: "filters", role: "search" }, search), place);
}

const none = (search) => (search ? empty("No prompt matches.") : empty("No prompt is saved yet: what is written in Play is saved there as a version.", h("a", { class: "button", href: "#/play" }, "Write one")));

function row(found) {
  const newest = found.latest_version;
  return h("li", { class: "thing" }, h("a", { href: link("prompts", found.namespace, found.slug) },
    h("span", { class: "name" }, h("span", { class: "meta" }, `${found.namespace}/`), found.slug),
    h("span", { class: "meta says", dir: "auto" }, found.description ?? ""),
    h("span", { class: "row" }, Object.entries(found.labels).map(([label, at]) => h("span", { class: "chip accent" }, `${label} → ${at.version_number}`))),
    h("span", { class: "meta number" }, newest ? `version ${newest.version_number}` : "no version"),
    h("time", { class: "meta number", datetime: found.updated_at }, time(found.updated_at))));
}
