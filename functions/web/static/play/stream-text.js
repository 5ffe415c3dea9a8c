// @ts-check
/**
 * A text that grows: each piece is appended to the last text node. Long texts are laid out in blocks, cut at line ends,
 * of which only the last one changes and only those in sight are drawn.
 */
import { h } from "../lib/dom.js";

const BLOCK = 2000;
const LONGEST_BLOCK = 12000;

export class StreamText {
  #last = new Text();
  #shown = 0;

  /** @param {string} name of its class */
  constructor(name) {
    this.element = h("div", { class: name, dir: "auto" });
    this.clear();
  }

  clear() {
    this.#shown = 0;
    this.element.replaceChildren();
    this.#begin();
  }

  /** @param {string} text all of it; what is new of it is appended */
  show(text) {
    if (text.length < this.#shown) this.clear();
    if (text.length === this.#shown) return false;
    let rest = text.slice(this.#shown);
    this.#shown = text.length;
    while (this.#last.length + rest.length > BLOCK) {
      const cut = this.#cut(rest);
      if (cut < 0) break;
      this.#last.appendData(rest.slice(0, cut));
      rest = rest.slice(cut);
      this.#begin();
    }
    if (rest) this.#last.appendData(rest);
    return true;
  }

  /** Where the block may end: after a line end, or after a blank where no line end comes for long. */
  #cut(rest) {
    const room = Math.max(0, BLOCK - this.#last.length);
    const line = rest.indexOf("\n", room);
    if (line >= 0 && this.#last.length + line < LONGEST_BLOCK) return line + 1;
    const blank = rest.indexOf(" ", Math.max(0, LONGEST_BLOCK - this.#last.length));
    return this.#last.length + rest.length > LONGEST_BLOCK && blank >= 0 ? blank + 1 : -1;
  }

  #begin() {
    this.#last = new Text();
    this.element.append(h("div", { class: "block" }, this.#last));
  }
}
