// @ts-check
/**
 * What is shown side by side: one comparison, or one run, from its request to its end. It can be taken up again by its
 * id, or, before that is known, by the key under which it was asked for.
 */
import { ApiError, api, request } from "../lib/api.js";
import { followed } from "../lib/stream.js";
import { Answer } from "./answer.js";
import { FOLLOWED, withKeys } from "./requests.js";

const PIECES = { message: "chunk", chunk: "chunk", reasoning: "reasoning", tool_call: "tool_call", done: "done", error: "error" };
const LOOK_AGAIN_MS = 1500;

/** @typedef {{key: string, id: string | null, isRun: boolean, compress?: boolean, call: import("./requests.js").Call | null, targets: any[], retries: Record<string, string>}} Kept */

export class Session {
  #abort = new AbortController();
  #cancelWanted = false;

  /** @param {Kept} kept what a reload needs to find it again; `call` only until its id is known */
  constructor(kept) {
    this.kept = kept;
    /** @type {Answer[]} */
    this.answers = kept.targets.map((target) => new Answer(target));
    /** What is wrong with the request as a whole. @type {ApiError | null} */
    this.error = null;
    this.stopping = false;
    /** @type {(session: Session) => void} what is kept, or which answers there are, has changed */
    this.changed = () => {};
  }

  /** @param {import("./requests.js").Call} call without keys @param {any[]} targets what each column is of @param {boolean} compress */
  static begun(call, targets, compress) {
    return new Session({ key: crypto.randomUUID(), id: null, isRun: call.path.endsWith("/run"), compress, call, targets, retries: {} });
  }

  get isOver() {
    return this.error !== null || (this.answers.length > 0 && this.answers.every((answer) => answer.isOver));
  }

  /** Follows it to its end. */
  async follow() {
    try {
      for await (const events of followed({ open: (after) => this.#open(after), isLast: (event) => this.#isLast(event), signal: this.#abort.signal })) {
        for (const event of events) this.#take(event);
      }
      if (!this.isOver && !this.#abort.signal.aborted) await this.#settle();
    } catch (error) {
      if (error instanceof ApiError && error.code === "not_found" && this.kept.id) await this.#settle();
      else this.#failed(error);
    }
    this.changed(this);
  }

  /** Lets go of the stream; what it is of goes on. */
  leave() {
    this.#abort.abort();
  }

  async #open(after) {
    const { signal } = this.#abort;
    if (this.kept.id) {
      if (after === null) this.answers.forEach((answer) => answer.reset());
      return request(`${this.#place()}/events`, { query: { after: after ?? 0 }, signal });
    }
    const { path, body } = withKeys(/** @type {any} */ (this.kept.call));
    const response = await request(path, { method: "POST", body, signal, headers: { "idempotency-key": this.kept.key } });
    this.#named(response.headers.get("x-comparison-id") ?? response.headers.get("x-run-id"));
    return response;
  }

  #named(id) {
    if (!id) return;
    this.kept.id = id;
    this.kept.call = null;
    if (this.kept.isRun) this.answers[0].runId = id;
    this.changed(this);
    if (this.#cancelWanted) this.stop();
  }

  #place() {
    return `api/v1/playground/${this.kept.isRun ? "runs" : "comparisons"}/${this.kept.id}`;
  }

  #isLast({ event }) {
    return this.kept.isRun ? event === "done" || event === "error" : event === "end";
  }

  #take({ event, data }) {
    const [name, index = "0"] = event.split(":");
    const kind = PIECES[name];
    if (!kind) return;
    this.#answer(Number(index)).take(kind, JSON.parse(data));
    if (kind === "done" || kind === "error") this.changed(this);
  }

  #answer(index) {
    while (this.answers.length <= index) this.answers.push(new Answer({ model: "…" }));
    return this.answers[index];
  }

  #failed(error) {
    if (!(error instanceof ApiError)) throw error;
    this.error = error;
    for (const answer of this.answers) if (!answer.isOver) answer.fail(error);
  }

  /** What it has come to by its record, as soon as that is settled: its events are not kept any more. */
  async #settle() {
    while (!this.#abort.signal.aborted) {
      const runs = await recorded(this.kept);
      runs.forEach((run, index) => this.#answer(index).takeRecord(run));
      if (runs.every((run) => run.status !== "running")) return;
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  /** Stops it at the server: all of it, or one of its answers. @param {Answer} [answer] */
  async stop(answer) {
    if (!this.kept.id) {
      // Its answer's headers come first, within ten seconds.
      this.#cancelWanted = true;
      this.stopping = true;
      return;
    }
    this.stopping = !answer;
    if (!answer || this.kept.isRun) await api(`${this.#place()}/cancel`, { method: "POST" });
    else await api(`api/v1/playground/runs/${await this.#runIdOf(answer)}/cancel`, { method: "POST" });
  }

  async #runIdOf(answer) {
    for (let tries = 0; !answer.runId && tries < 20; tries++) {
      const runs = await recorded(this.kept);
      // A run that is not written yet would put those after it into its place.
      if (runs.length === this.answers.length) this.answers.forEach((one, index) => (one.runId ??= runs[index].id));
      else await new Promise((resolve) => setTimeout(resolve, 150));
    }
    return answer.runId;
  }

  /** Runs one answer's target again; the new run stands in its place. @param {number} index */
  async retry(index) {
    const answer = this.answers[index];
    const { model, base } = answer.target;
    const call = { path: `api/v1/playground/runs/${answer.runId}/rerun`, body: { model, ...(base ? { custom_base_url: base } : {}), ...FOLLOWED } };
    answer.reset();
    const again = new Session({ key: crypto.randomUUID(), id: null, isRun: true, call, targets: [answer.target], retries: {} });
    this.#goOn(again, index);
  }

  /** Takes up a retry that an earlier page began. */
  resumeRetries() {
    for (const [index, id] of Object.entries(this.kept.retries)) {
      this.#goOn(new Session({ key: "", id, isRun: true, call: null, targets: [this.answers[Number(index)].target], retries: {} }), Number(index));
    }
  }

  #goOn(again, index) {
    const answer = this.answers[index];
    again.answers = [answer];
    again.changed = () => {
      if (again.kept.id) this.kept.retries[index] = again.kept.id;
      this.changed(this);
    };
    return again.follow();
  }
}

/** The records of a comparison's runs, or of the one run. @param {{id: string | null, isRun: boolean}} kept @returns {Promise<any[]>} */
export async function recorded({ id, isRun }) {
  if (isRun) return [await api(`api/v1/playground/runs/${id}`)];
  return (await api(`api/v1/playground/comparisons/${id}`)).runs;
}

/** A comparison or a run by its id. @param {string} id @returns {Promise<{isRun: boolean, runs: any[]}>} */
export async function found(id) {
  const { items } = await api("api/v1/playground/history", { query: { comparison_id: id, limit: 1 } });
  const isRun = items.length === 0;
  return { isRun, runs: await recorded({ id, isRun }) };
}
