// @ts-check
/** One answer: whose it is, what it thought, called and said, and what that took. */
import { copyText, h, icon, iconButton } from "../lib/dom.js";
import { trouble } from "../lib/trouble.js";
import { targetChips } from "./chips.js";
import { findings } from "./findings.js";
import { nextFrame } from "./frames.js";
import { Measures } from "./measures.js";
import { MarkdownView } from "./rendered.js";
import { StreamText } from "./stream-text.js";
import { Thoughts } from "./thoughts.js";
import { callCard } from "./tool-card.js";
import { voteButtons } from "./votes.js";

/** How near its end a column has to stand to go on with what comes. */
const NEAR_PX = 48;

/** @typedef {{stop: () => void, retry: () => void, goOn: () => void, vote: (vote: string | null) => void}} ColumnActions */

export class AnswerColumn extends HTMLElement {
  #text = new StreamText("text");
  #thoughts = new Thoughts();
  #measures = new Measures();
  #calls = h("div", { class: "calls" });
  #problem = h("div");
  #end = h("p", { class: "meta end" });
  #findings = h("div", { class: "findings" });
  #marks = h("span", { class: "marks" });
  #votes = h("div", { class: "row votes" });
  #next = h("button", { type: "button", class: "small", title: "Make it the next turn of the conversation" }, icon("next"), "Go on");
  #stop = iconButton("stop", "Stop this answer", () => this.#actions?.stop(), { class: "small" });
  #markdown = new MarkdownView(() => this.answer?.text ?? "");
  #follows = true;
  #callsShown = "";
  #stateShown = "";
  #clock = 0;
  /** @type {ColumnActions | null} */
  #actions = null;
  /** @type {import("./answer.js").Answer | null} */
  answer = null;

  /** @param {import("./answer.js").Answer} answer @param {number} number from 1 @param {ColumnActions} actions */
  static of(answer, number, actions) {
    const column = /** @type {AnswerColumn} */ (document.createElement("answer-column"));
    column.#build(answer, number, actions);
    return column;
  }

  #build(answer, number, actions) {
    this.answer = answer;
    this.#actions = actions;
    const { model, badge } = answer.target;
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", `Answer ${number}: ${badge ?? model}`);
    this.tabIndex = -1;
    this.scroller = h("div", { class: "said", tabindex: "0", role: "region", "aria-label": `Text of answer ${number}`, onscroll: () => this.#scrolled() },
      this.#thoughts.element, this.#text.element, this.#markdown.element, this.#calls, this.#problem, this.#end, this.#findings);
    this.#next.addEventListener("click", () => actions.goOn());
    this.append(this.#head(number), this.scroller, h("footer", null, this.#measures.element, h("div", { class: "row" }, this.#votes, h("span", { class: "grow" }), this.#next)));
    answer.changed = () => nextFrame(this);
    answer.restarted = () => this.#restart();
    this.draw();
  }

  #head(number) {
    const { target } = /** @type {any} */ (this.answer);
    const [provider, ...name] = target.model.split("/");
    const wide = iconButton("wide", "Widen this column", () => this.widen(), { class: "small widen", "aria-pressed": "false" });
    return h("header", null,
      h("div", { class: "row name" },
        h("kbd", { "aria-hidden": "true" }, number),
        h("h2", { title: target.model }, name.join("/") || provider),
        name.length > 0 && h("span", { class: "meta faint" }, provider),
        this.#marks,
        h("span", { class: "grow" }),
        this.#stop,
        this.#markdown.toggle,
        iconButton("copy", "Copy this answer", () => copyText(this.answer?.text ?? ""), { class: "small" }),
        wide),
      targetChips(target, h("span", { class: "grow" }), this.#measures.state));
  }

  widen() {
    const wide = this.classList.toggle("wide");
    this.querySelector(".widen")?.setAttribute("aria-pressed", String(wide));
    this.scrollIntoView({ inline: "nearest", block: "nearest" });
  }

  /** @param {("fastest" | "cheapest")[]} marks */
  mark(marks) {
    const shown = { fastest: ["bolt", "Fastest"], cheapest: ["coin", "Cheapest"] };
    this.#marks.replaceChildren(...marks.map((mark) => h("span", { class: "chip good" }, icon(shown[mark][0]), shown[mark][1])));
  }

  #restart() {
    this.#text.clear();
    this.#thoughts.clear();
    this.#markdown.off();
    this.#follows = true;
  }

  draw() {
    const { answer } = this;
    if (!answer) return;
    this.#thoughts.show(answer);
    this.#text.show(answer.text);
    this.#drawCalls(answer.calls);
    this.#drawState(answer);
    this.#measures.show(answer);
    if (!answer.isOver && !this.#clock) this.#clock = window.setInterval(() => this.#tick(), 250);
  }

  settle() {
    if (this.#follows && this.answer?.status === "streaming") this.scroller.scrollTop = 1e9;
  }

  #tick() {
    if (this.answer?.isOver || !this.isConnected) {
      clearInterval(this.#clock);
      this.#clock = 0;
    }
    if (this.answer) this.#measures.show(this.answer, true);
    if (this.answer) this.#thoughts.tick(this.answer);
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    this.#follows = scrollHeight - scrollTop - clientHeight < NEAR_PX;
  }

  #drawCalls(calls) {
    const state = JSON.stringify(calls);
    if (calls.length === 0 && !this.#callsShown) return;
    if (state === this.#callsShown) return;
    this.#callsShown = calls.length > 0 ? state : "";
    this.#calls.replaceChildren(...calls.map((call) => callCard(call)));
  }

  #drawState(answer) {
    const state = `${answer.status} ${answer.vote} ${answer.runId} ${answer.error?.code}`;
    if (state === this.#stateShown) return;
    this.#stateShown = state;
    this.dataset.status = answer.status;
    this.setAttribute("aria-busy", String(!answer.isOver));
    this.#stop.hidden = answer.isOver;
    this.#next.hidden = !answer.isOver || !answer.message;
    this.#markdown.toggle.hidden = !answer.isOver || !answer.text;
    this.#problem.replaceChildren(...(answer.status === "failed" ? [this.#failure(answer)] : []));
    this.#end.textContent = endOf(answer);
    this.#findings.replaceChildren(...findings(answer));
    const hasNothing = answer.status === "failed" && !answer.text;
    this.#measures.element.hidden = hasNothing;
    this.#votes.replaceChildren(...(answer.isOver && answer.runId && !hasNothing ? voteButtons(answer.vote, (vote) => this.#actions?.vote(vote)) : []));
  }

  #failure(answer) {
    const retry = h("button", { type: "button", onclick: () => this.#actions?.retry() }, icon("retry"), "Retry");
    return trouble(answer.error ?? { code: "internal", message: "It failed" }, retry);
  }
}

const ENDS = { length: "Cut off: it came to the most tokens that it may have.", filter: "The provider's filter ended it." };

function endOf({ status, finish, dropped, moderation }) {
  const said = [];
  if (status === "stopped") said.push("Stopped. What had come is kept.");
  if (status === "blocked") said.push(`Blocked by the guard on ${moderation?.metric}.`);
  else if (finish && ENDS[finish]) said.push(ENDS[finish]);
  if (dropped.length > 0) said.push(`Left out, because the model does not take it: ${dropped.join(", ")}.`);
  return said.join(" ");
}

customElements.define("answer-column", AnswerColumn);
