// @ts-check
/** The line under an answer: time to the first token, tokens a second, tokens, money. Estimates have a ~ until the end. */
import { h, icon } from "../lib/dom.js";
import { count, money, seconds } from "../lib/format.js";
import { priceOf } from "./models.js";

const STATES = {
  waiting: ["clock", "Waiting"],
  streaming: ["clock", "Running"],
  done: ["check", "Done"],
  failed: ["alert", "Failed"],
  stopped: ["stop", "Stopped"],
  blocked: ["alert", "Blocked"],
};
const EVERY_MS = 250;

export class Measures {
  #state = h("span", { class: "word" });
  #first = h("span", { class: "ttft", title: "Time to the first token" });
  #pace = h("span", { class: "pace", title: "Tokens a second, from the first to the last" });
  #tokens = h("span", { class: "tokens", title: "Tokens in and out" });
  #money = h("span", { class: "money", title: "What it costs, in US dollars" });
  #took = h("span", { class: "took", title: "From sending to the last token" });
  #stateShown = "";
  #shownAt = 0;

  constructor() {
    /** The state and the time, which stand in the column's head. */
    this.state = h("span", { class: "meta state" }, this.#state, this.#took);
    this.element = h("div", { class: "meta measures" }, this.#first, this.#pace, this.#tokens, this.#money);
  }

  /** @param {import("./answer.js").Answer} answer @param {boolean} [now] also where it was shown a moment ago */
  show(answer, now = answer.isOver) {
    if (answer.status !== this.#stateShown) {
      this.#stateShown = answer.status;
      const [glyph, word] = STATES[answer.status];
      this.#state.replaceChildren(icon(glyph), word);
      now = true;
    }
    if (!now && performance.now() - this.#shownAt < EVERY_MS) return;
    this.#shownAt = performance.now();
    const told = answer.stats ? measured(answer.stats) : soFar(answer);
    this.#first.textContent = `TTFT ${told.first}`;
    this.#pace.textContent = `${told.pace} tok/s`;
    this.#tokens.textContent = `${told.tokensIn} → ${told.tokensOut} tok`;
    this.#money.textContent = told.money;
    this.#took.textContent = told.took;
  }
}

function measured({ tokensIn, tokensOut, latencyMs, ttftMs, costUsd }) {
  return {
    first: seconds(ttftMs),
    pace: pace(tokensOut, latencyMs === null ? null : latencyMs - (ttftMs ?? 0)),
    tokensIn: count(tokensIn),
    tokensOut: count(tokensOut),
    money: money(costUsd),
    took: seconds(latencyMs),
  };
}

function soFar(answer) {
  const now = answer.endedAt ?? Date.now();
  const tokens = answer.estimatedTokens;
  const price = priceOf(answer.target.model);
  return {
    first: answer.firstAt === null ? "–" : seconds(answer.firstAt - answer.startedAt),
    pace: answer.firstAt === null ? "–" : `~${pace(tokens, now - answer.firstAt)}`,
    tokensIn: "–",
    tokensOut: tokens > 0 ? `~${count(tokens)}` : "–",
    money: price?.output === undefined || tokens === 0 ? "–" : `~${money((tokens * price.output) / 1e6)}`,
    took: seconds(now - answer.startedAt),
  };
}

/** Tokens a second; a time too short to tell is none. */
function pace(tokens, ms) {
  if (tokens === null || ms === null || ms < 1) return "–";
  const perSecond = (tokens * 1000) / ms;
  return perSecond < 10 ? perSecond.toFixed(1) : String(Math.round(perSecond));
}
