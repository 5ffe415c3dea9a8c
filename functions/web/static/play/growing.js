// @ts-check
/** Text fields that are as high as their text, where the browser can do that (`field-sizing`), else as their rows say. */
import { h } from "../lib/dom.js";

export function growing(props) {
  const { class: more = "", ...rest } = props;
  return h("textarea", { class: `growing ${more}`.trim(), dir: "auto", spellcheck: "true", ...rest });
}
