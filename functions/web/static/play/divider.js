// @ts-check
/** The line between editor and answers: drawn with the pointer, or moved with the arrow keys. */
import { store, stored } from "../lib/drafts.js";
import { h } from "../lib/dom.js";

const [LEAST, MOST, USUAL, STEP] = [320, 720, 420, 20];

/** @param {HTMLElement} place whose property `--editor` is the editor's width */
export function divider(place) {
  const line = h("div", { class: "divider", role: "separator", tabindex: "0", "aria-orientation": "vertical", "aria-label": "Width of the editor", "aria-valuemin": LEAST, "aria-valuemax": MOST });
  let width = stored("editor") ?? USUAL;
  const set = (wanted) => {
    width = Math.round(Math.min(MOST, Math.max(LEAST, wanted)));
    place.style.setProperty("--editor", `${width}px`);
    line.setAttribute("aria-valuenow", String(width));
  };
  const keep = () => store("editor", width);
  line.addEventListener("pointerdown", (event) => line.setPointerCapture(event.pointerId));
  line.addEventListener("pointermove", (event) => line.hasPointerCapture(event.pointerId) && set(event.clientX - place.getBoundingClientRect().left));
  line.addEventListener("pointerup", keep);
  line.addEventListener("dblclick", () => (set(USUAL), keep()));
  line.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
    if (!by) return;
    event.preventDefault();
    set(width + by);
    keep();
  });
  set(width);
  return line;
}
