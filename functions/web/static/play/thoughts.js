// @ts-check
/** What a model thinks before it answers: folded, with a timer while it goes on. */
import { h, icon } from "../lib/dom.js";
import { seconds } from "../lib/format.js";
import { StreamText } from "./stream-text.js";

export class Thoughts {
  #text = new StreamText("text thought");
  #word = h("span");

  constructor() {
    this.element = h("details", { class: "thoughts", hidden: true }, h("summary", null, icon("thought"), this.#word), this.#text.element);
  }

  clear() {
    this.#text.clear();
    this.element.hidden = true;
  }

  /** @param {import("./answer.js").Answer} answer */
  show(answer) {
    if (!answer.reasoning) return;
    if (this.element.hidden || answer.isOver) this.tick(answer);
    this.element.hidden = false;
    this.#text.show(answer.reasoning);
  }

  tick(answer) {
    if (!answer.reasoning) return;
    const { ttftMs, firstTextMs } = answer.stats ?? {};
    const known = ttftMs !== null && firstTextMs !== null && firstTextMs !== undefined ? firstTextMs - ttftMs : null;
    const end = answer.textAt ?? answer.endedAt ?? Date.now();
    const took = known ?? (answer.firstAt === null ? null : end - answer.firstAt);
    const thinks = answer.status === "streaming" && answer.textAt === null;
    this.element.classList.toggle("running", thinks);
    this.#word.textContent = took === null ? "Thought" : `${thinks ? "Thinking" : "Thought"} for ${seconds(took)}`;
  }
}
