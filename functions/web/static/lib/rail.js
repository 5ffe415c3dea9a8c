// @ts-check
/** The list of views at the side; it folds to its icons. */
import { h, icon } from "./dom.js";
import { stored, store } from "./drafts.js";

/** @param {HTMLElement} rail @param {Record<string, import("./router.js").View>} views @returns {(name: string) => void} marks the view that is shown */
export function fillRail(rail, views) {
  const links = Object.entries(views).map(([name, view]) =>
    h("a", { class: "view", href: `#/${name}`, title: view.title, dataset: { view: name } }, icon(view.icon), h("span", { class: "name" }, view.title)),
  );
  const fold = h("button", { type: "button", class: "fold", onclick: () => setFolded(!rail.classList.contains("folded"), true) });
  const key = h("button", { type: "button", title: "API key", onclick: () => ask() }, icon("key"), h("span", { class: "name" }, "API key"));
  rail.append(
    h("a", { class: "brand", href: "#/play" }, h("img", { src: new URL("../icon.svg", import.meta.url).href, alt: "" }), h("span", { class: "name" }, "Promptyard")),
    ...links,
    h("div", { class: "foot" }, key, fold),
  );

  function setFolded(folded, byHand) {
    rail.classList.toggle("folded", folded);
    fold.replaceChildren(icon("fold"), h("span", { class: "name" }, folded ? "Unfold" : "Fold"));
    fold.title = folded ? "Unfold the list of views" : "Fold the list of views";
    fold.setAttribute("aria-expanded", String(!folded));
    if (byHand) store("rail", folded);
  }

  setFolded(stored("rail") ?? innerWidth < 1200, false);
  return (name) => {
    for (const one of links) {
      if (one.dataset.view === name) one.setAttribute("aria-current", "page");
      else one.removeAttribute("aria-current");
    }
  };
}

export async function ask() {
  const { askForKey } = await import("./key-dialog.js");
  if (document.querySelector("dialog[open]")) return;
  askForKey({
    name: "api",
    title: "API key",
    say: "A key of this server, py_live_… A server on a laptop needs none unless it asks for one.",
    saved: () => document.dispatchEvent(new CustomEvent("key-given")),
  });
}
