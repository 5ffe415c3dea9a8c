// @ts-check
/** The playground whose metrics and guards the runs are under, where there is one. */
import { api } from "../lib/api.js";
import { fill, h, icon, iconButton } from "../lib/dom.js";

/** @param {() => import("./draft.js").Draft} draft @param {() => void} changed */
export function playgroundChip(draft, changed) {
  const place = h("div", { class: "row" });
  const show = () => {
    const id = draft().playground;
    place.hidden = !id;
    if (!id) return;
    const name = h("span", null, id);
    const leave = () => {
      draft().playground = null;
      show();
      changed();
    };
    fill(place, h("span", { class: "meta" }, "In the playground"), h("span", { class: "chip file" }, icon("lab"), name, iconButton("close", "Run outside of this playground", leave, { class: "small" })));
    api(`api/v2/genai/playgrounds/${encodeURIComponent(id)}/`).then((playground) => (name.textContent = playground.name)).catch(() => {});
  };
  show();
  return { element: place, show };
}
