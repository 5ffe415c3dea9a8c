// @ts-check
/** One target's answer as it comes: what a column shows. */

/** @typedef {"waiting" | "streaming" | "done" | "failed" | "stopped" | "blocked"} AnswerStatus */
/** @typedef {{name: string | null, arguments: string}} CallPieces */

/** The characters of a token where pieces are longer than one: an estimate, shown as one. */
const CHARACTERS_A_TOKEN = 4;
const LONGEST_TOKEN = 12;

const OF_RECORD = { succeeded: "done", failed: "failed", cancelled: "stopped", blocked: "blocked", running: "streaming" };

export class Answer {
  /** @param {{model: string, base?: string, parameters?: Record<string, any>, badge?: string}} target */
  constructor(target) {
    this.target = target;
    /** Is called after every change, however small. @type {() => void} */
    this.changed = () => {};
    /** Is called where what was shown counts no more. @type {() => void} */
    this.restarted = () => {};
    this.reset();
  }

  reset() {
    /** @type {AnswerStatus} */
    this.status = "waiting";
    this.text = "";
    this.reasoning = "";
    /** @type {CallPieces[]} */
    this.calls = [];
    this.pieces = 0;
    this.startedAt = Date.now();
    /** @type {number | null} */
    this.firstAt = null;
    /** @type {number | null} */
    this.textAt = null;
    /** @type {number | null} */
    this.endedAt = null;
    /** @type {string | null} */
    this.runId = null;
    /** @type {any} */
    this.message = null;
    /** @type {any} */
    this.error = null;
    /** @type {{tokensIn: number | null, tokensOut: number | null, latencyMs: number | null, ttftMs: number | null, firstTextMs: number | null, costUsd: number | null} | null} */
    this.stats = null;
    this.finish = null;
    this.dropped = [];
    this.metrics = [];
    this.citations = [];
    this.moderation = null;
    /** @type {string | null} */
    this.vote = null;
    this.restarted();
    this.changed();
  }

  get isOver() {
    return this.status !== "waiting" && this.status !== "streaming";
  }

  /** @param {string} kind @param {any} data of an event, without the target's index */
  take(kind, data) {
    if (this.isOver) return;
    if (kind === "done") this.#done(data);
    else if (kind === "error") this.fail(data.error, data.id);
    else this.#piece(kind, data);
    this.changed();
  }

  #piece(kind, data) {
    this.status = "streaming";
    this.firstAt ??= Date.now();
    this.pieces += 1;
    if (kind === "reasoning") this.reasoning += data.reasoning;
    else if (kind === "tool_call") this.#call(data);
    else {
      this.textAt ??= Date.now();
      this.text += data.content;
    }
  }

  #call({ call_index, index, name, arguments: piece, replaces }) {
    const place = call_index ?? index;
    const call = (this.calls[place] ??= { name: null, arguments: "" });
    call.name ??= name;
    call.arguments = replaces ? piece : call.arguments + piece;
  }

  #done(data) {
    const { stats } = data;
    this.status = /block/i.test(data.moderation?.action ?? "") ? "blocked" : "done";
    this.#ended(data);
    this.reasoning = data.reasoning ?? this.reasoning;
    this.stats = {
      tokensIn: stats.tokens_in,
      tokensOut: stats.tokens_out,
      latencyMs: stats.latency_ms,
      ttftMs: stats.ttft_ms,
      firstTextMs: stats.first_text_ms,
      costUsd: data.cost_usd,
    };
  }

  #ended(facts) {
    this.endedAt = Date.now();
    this.runId = facts.id;
    this.message = facts.message ?? null;
    this.finish = facts.finish_word ?? facts.finish_reason;
    this.dropped = facts.dropped ?? [];
    this.metrics = facts.metrics ?? [];
    this.citations = facts.citations ?? [];
    this.moderation = facts.moderation ?? null;
    if (facts.tool_calls) this.calls = facts.tool_calls.map((call) => call.function);
  }

  /** @param {any} error @param {string | null} [runId] */
  fail(error, runId = null) {
    this.status = error.code === "cancelled" ? "stopped" : "failed";
    this.error = error;
    this.runId = runId ?? this.runId;
    this.endedAt = Date.now();
    this.changed();
  }

  /** @param {any} run a record of the history */
  takeRecord(run) {
    this.reset();
    this.startedAt = Date.parse(run.created_at);
    this.runId = run.id;
    if (run.status === "running") return;
    this.status = OF_RECORD[run.status];
    this.text = run.output ?? "";
    this.reasoning = run.reasoning ?? "";
    this.error = run.error;
    this.vote = run.vote ?? null;
    this.stats = {
      tokensIn: run.tokens?.prompt ?? null,
      tokensOut: run.tokens?.completion ?? null,
      latencyMs: run.latency_ms,
      ttftMs: run.ttft_ms,
      firstTextMs: run.first_text_ms,
      costUsd: run.cost_usd,
    };
    this.#ended(run);
    this.changed();
  }

  /** Tokens so far, by what came. */
  get estimatedTokens() {
    const characters = this.text.length + this.reasoning.length;
    return characters > this.pieces * LONGEST_TOKEN ? Math.round(characters / CHARACTERS_A_TOKEN) : this.pieces;
  }
}
