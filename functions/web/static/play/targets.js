// @ts-check
/** The models that a prompt is run on: one to six, each with its parameters. */
import { fill, h, icon, iconButton } from "../lib/dom.js";
import { targetChips } from "./chips.js";
import { MOST_TARGETS, newTarget } from "./draft.js";

export class Targets {
  #list = h("ul", { class: "targets" });
  #add = h("button", { type: "button", class: "small quiet add", onclick: () => this.pick() }, icon("plus"), "Model");

  /** @param {() => import("./draft.js").Draft} draft @param {() => void} changed */
  constructor(draft, changed) {
    this.draft = draft;
    this.changed = changed;
    this.element = h("section", { class: "choice", "aria-label": "Models" }, this.#list, h("div", { class: "row" }, this.#add));
    this.show();
  }

  show() {
    const { targets, compress } = this.draft();
    const used = compress ? targets.slice(0, 1) : targets;
    fill(this.#list, used.map((target) => this.#row(target)));
    this.#add.hidden = used.length >= (compress ? 1 : MOST_TARGETS);
  }

  async pick() {
    const { openPicker } = await import("./picker.js");
    const { targets } = this.draft();
    const twice = targets.length - new Set(targets.map(({ model }) => model)).size;
    openPicker(targets.map(({ model }) => model), MOST_TARGETS - twice, (models) => {
      const kept = targets.filter(({ model, base }) => base || models.includes(model));
      const added = models.filter((model) => !targets.some((target) => target.model === model)).map((model) => newTarget(model));
      this.#set([...kept, ...added].slice(0, MOST_TARGETS));
    });
  }

  #set(targets) {
    this.draft().targets = targets;
    this.show();
    this.changed();
  }

  #row(target) {
    const { targets } = this.draft();
    const [provider, ...name] = target.model.split("/");
    const again = () => this.#set([...targets, newTarget(target.model, { ...target.parameters }, target.base)]);
    const change = async () => (await import("./parameters.js")).openParameters(target, () => this.#set(targets));
    const out = () => this.#set(targets.filter((one) => one !== target));
    return h("li", null,
      h("div", { class: "row" },
        h("strong", { class: "grow" }, name.join("/") || provider, " ", h("span", { class: "meta faint" }, name.length > 0 ? provider : "")),
        iconButton("sliders", `Parameters and key of ${target.model}`, change, { class: "small" }),
        targets.length < MOST_TARGETS && iconButton("copy", `${target.model} once more`, again, { class: "small" }),
        iconButton("close", `Take out ${target.model}`, out, { class: "small" })),
      targetChips(target));
  }
}
