// @ts-check
/** The answers side by side, and what is said of all of them. */
import { api } from "../lib/api.js";
import { fill, h, notice } from "../lib/dom.js";
import { trouble } from "../lib/trouble.js";
import { AnswerColumn } from "./column.js";
import { savings } from "./savings.js";

/** @typedef {import("./session.js").Session} Session */
/** @typedef {{goOn: (answer: import("./answer.js").Answer) => void, again: () => void}} ColumnsActions */

export class Columns {
  #strip = h("div", { class: "strip", role: "region", "aria-label": "Answers", tabindex: "-1" });
  #above = h("div", { class: "above" });
  #said = h("p", { class: "hidden-text", role: "status" });
  /** @type {Session | null} */
  #session = null;
  /** @type {AnswerColumn[]} */
  columns = [];

  /** @param {ColumnsActions} actions */
  constructor(actions) {
    this.actions = actions;
    this.element = h("div", { class: "columns" }, this.#above, this.#strip, this.#said);
  }

  /** @param {Session} session */
  show(session) {
    this.#session = session;
    this.columns = [];
    fill(this.#strip);
    this.#strip.scrollLeft = 0;
    this.update();
  }

  /** Says anew what depends on all of them. */
  update() {
    const session = this.#session;
    if (!session) return;
    for (let index = this.columns.length; index < session.answers.length; index++) this.#add(session, index);
    const whole = session.error && !session.kept.isRun && !session.answers.some((answer) => answer.runId);
    this.#strip.hidden = Boolean(whole);
    fill(this.#above, whole ? trouble(session.error, h("button", { type: "button", onclick: () => this.actions.again() }, "Retry")) : savings(session));
    this.#mark(session.answers);
    const over = session.answers.filter((answer) => answer.isOver).length;
    this.#said.textContent = session.isOver ? `All ${over} answers have ended` : `${over} of ${session.answers.length} answers have ended`;
  }

  #add(session, index) {
    const answer = session.answers[index];
    const column = AnswerColumn.of(answer, index + 1, {
      stop: () => session.stop(answer).catch((error) => notice(error.message)),
      retry: () => (answer.runId ? session.retry(index) : this.actions.again()),
      goOn: () => this.actions.goOn(answer),
      vote: (vote) => this.#vote(answer, vote),
    });
    this.columns.push(column);
    this.#strip.append(column);
  }

  async #vote(answer, vote) {
    try {
      await api(`api/v1/playground/runs/${answer.runId}/vote`, { method: "PUT", body: { vote } });
      answer.vote = vote;
      answer.changed();
    } catch (error) {
      notice(`The vote was not kept: ${error.message}`);
    }
  }

  /** Fastest and cheapest of those that are done, where there is more than one and they differ. */
  #mark(answers) {
    const done = answers.filter((answer) => answer.status === "done");
    const least = (figure) => {
      const values = done.map((answer) => answer.stats?.[figure] ?? Infinity);
      const best = Math.min(...values);
      return done.length > 1 && values.some((value) => value !== best) && best !== Infinity ? best : null;
    };
    const [fast, cheap] = answers.every((answer) => answer.isOver) ? [least("latencyMs"), least("costUsd")] : [null, null];
    answers.forEach((answer, index) => {
      const is = (figure, best) => best !== null && answer.status === "done" && answer.stats?.[figure] === best;
      const marks = [is("latencyMs", fast) && "fastest", is("costUsd", cheap) && "cheapest"].filter(Boolean);
      this.columns[index].mark(/** @type {any} */ (marks));
    });
  }

  /** @param {number} number from 1 */
  focus(number) {
    const column = this.columns[number - 1];
    column?.scrollIntoView({ inline: "start", block: "nearest" });
    column?.scroller.focus();
  }
}
