// @ts-check
/** The playground. */
import { h } from "../lib/dom.js";

let shown = null;

export function view() {
  shown ??= h("div", { class: "play" }, h("h1", null, "Play"));
  return shown;
}
