// @ts-check
/**
 * A stream that is followed to its end: where the connection breaks, it is taken up again after the last event that came.
 */
import { ApiError } from "./api.js";
import { readEvents } from "./sse.js";

const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 8000;
const TRIES = 12;

/**
 * @param {{open: (after: number | null) => Promise<Response>, isLast: (event: import("./sse.js").ServerEvent) => boolean, signal: AbortSignal}} how
 *   `open(null)` gives it from its beginning, `open(n)` goes on after event `n`
 * @returns {AsyncGenerator<import("./sse.js").ServerEvent[]>} ends after the last event, or where there is nothing more
 *   to be read; raises ApiError
 */
export async function* followed({ open, isLast, signal }) {
  let after = null;
  for (let failures = 0; ; ) {
    try {
      const response = await open(after);
      if (response.status === 204 || !response.body) return;
      for await (const events of readEvents(response.body)) {
        failures = 0;
        const named = events.findLast((event) => event.id !== null);
        if (named) after = Number(named.id);
        yield events;
        if (events.some(isLast)) return;
      }
    } catch (error) {
      if (signal.aborted) return;
      // 409: the first request under its key goes on in another process.
      const passing = !(error instanceof ApiError) || error.status === 0 || error.status === 503 || (error.status === 409 && error.retryable);
      if (!passing || failures >= TRIES) throw error;
    }
    failures += 1;
    await pause(Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), LONGEST_WAIT_MS), signal);
    if (signal.aborted) return;
  }
}

const pause = (ms, signal) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve(null)), { once: true });
  });
