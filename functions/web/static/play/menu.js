// @ts-check
/** A list of things to do, under the button that opens it. */
import { h, icon } from "../lib/dom.js";

let numbered = 0;

/**
 * @param {{glyph: string, label: string, small?: boolean}} button
 * @param {() => {label: string, glyph?: string, act: () => void}[]} items asked for each time that it is opened
 */
export function menu({ glyph, label }, items) {
  const id = `menu-${++numbered}`;
  const list = h("div", { class: "popover", popover: "auto", id, role: "menu" });
  const button = h("button", { type: "button", class: "icon quiet", "aria-label": label, title: label, "aria-haspopup": "menu", popovertarget: id }, icon(glyph));
  const fill = () => list.replaceChildren(...items().map(({ label: name, glyph: drawing, act }) =>
    h("button", { type: "button", role: "menuitem", class: "quiet", onclick: () => (list.hidePopover(), act()) }, drawing && icon(drawing), name)));
  list.addEventListener("beforetoggle", (event) => event.newState === "open" && fill());
  list.addEventListener("toggle", (event) => {
    if (event.newState !== "open") return;
    const place = button.getBoundingClientRect();
    list.style.top = `${Math.min(place.bottom + 4, innerHeight - list.offsetHeight - 8)}px`;
    list.style.left = `${Math.max(8, Math.min(place.left, innerWidth - list.offsetWidth - 8))}px`;
    list.querySelector("button")?.focus();
  });
  list.addEventListener("keydown", (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const all = [...list.querySelectorAll("button")];
    all[(all.indexOf(document.activeElement) + by + all.length) % all.length]?.focus();
  });
  return [button, list];
}
