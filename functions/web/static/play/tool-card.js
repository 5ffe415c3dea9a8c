// @ts-check
/** A call of a tool, as a card. */
import { h, icon } from "../lib/dom.js";

/** @param {{name: string | null, arguments: string}} call */
export function callCard({ name, arguments: text }) {
  return h("section", { class: "call", "aria-label": `Call of ${name ?? "a tool"}` }, h("div", { class: "row" }, icon("tool"), h("code", null, name ?? "…")), h("pre", null, indented(text)));
}

/** A call's arguments are whole JSON only at its end. */
function indented(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
