// @ts-check
/** An answer as Markdown, cleaned, when somebody asks for it and it is whole. Text stays text otherwise. */
import { h, iconButton, notice } from "../lib/dom.js";

export class MarkdownView {
  /** @param {() => string} text */
  constructor(text) {
    this.element = h("div", { class: "rendered", hidden: true, dir: "auto" });
    this.toggle = iconButton("markdown", "Show as Markdown", () => this.#toggled(text()), { class: "small", "aria-pressed": "false" });
  }

  off() {
    this.element.hidden = true;
    this.element.replaceChildren();
    this.element.parentElement?.classList.remove("is-rendered");
    this.toggle.setAttribute("aria-pressed", "false");
  }

  async #toggled(text) {
    if (!this.element.hidden) return this.off();
    try {
      const render = await (await import("./vendor.js")).loadMarkdown();
      this.element.replaceChildren(render(text));
    } catch {
      return notice("Markdown cannot be shown: the libraries that it needs were not installed.");
    }
    this.element.hidden = false;
    this.element.parentElement?.classList.add("is-rendered");
    this.element.parentElement?.scrollTo(0, 0);
    this.toggle.setAttribute("aria-pressed", "true");
  }
}
