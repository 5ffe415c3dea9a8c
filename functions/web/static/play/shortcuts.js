// @ts-check
/** Keys. Letters and digits count only where nobody types. */
import { h, iconButton } from "../lib/dom.js";

/** @param {{run: () => void, stop: () => void, column: (number: number) => void, diff: () => void, search: () => void}} actions @param {() => boolean} isShown */
export function listenToKeys(actions, isShown) {
  const plain = { d: actions.diff, "/": actions.search, "?": openKeys };
  document.addEventListener("keydown", (event) => {
    if (!isShown() || document.querySelector("dialog[open]")) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return taken(event, actions.run);
    if (event.key === "Escape") return taken(event, actions.stop);
    if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^[1-6]$/.test(event.key)) return taken(event, () => actions.column(Number(event.key)));
    if (plain[event.key]) taken(event, plain[event.key]);
  });
}

function taken(event, action) {
  event.preventDefault();
  action();
}

const isTyping = (element) => element instanceof Element && element.matches("input:not([type=checkbox], [type=radio]), textarea, select");

const KEYS = [
  [["Ctrl", "Enter"], "Run (⌘ Enter on a Mac)"],
  [["Esc"], "Stop all answers"],
  [["1"], "to", ["6"], "Go to that column"],
  [["d"], "Word diff of two answers"],
  [["/"], "Search models"],
  [["?"], "This list"],
];

export function openKeys() {
  const rows = KEYS.map((parts) => h("tr", null, h("td", null, parts.slice(0, -1).map((part) => (Array.isArray(part) ? part.map((key) => [h("kbd", null, key), " "]) : `${part} `))), h("td", null, parts.at(-1))));
  const dialog = h("dialog", { "aria-label": "Keys", onclose: () => dialog.remove() },
    h("div", { class: "body" }, h("div", { class: "row" }, h("h2", { class: "grow" }, "Keys"), iconButton("close", "Close", () => dialog.close())), h("table", null, h("tbody", null, ...rows))));
  document.body.append(dialog);
  dialog.showModal();
}
