import assert from "node:assert/strict";
import { before, test } from "node:test";

let followed;
let ApiError;

before(async () => {
  globalThis.document = { baseURI: "http://127.0.0.1/" };
  ({ followed } = await import("../../../functions/web/static/lib/stream.js"));
  ({ ApiError } = await import("../../../functions/web/static/lib/api.js"));
});

const event = (number, name = "message") => `id: ${number}\nevent: ${name}\ndata: {"n": ${number}}\n\n`;
const ALL = Array.from({ length: 40 }, (_, at) => event(at + 1, at === 39 ? "end" : "message"));

/** A stream of so many bytes of what comes after an event; then the connection breaks, where it is not all. */
function served(after, bytes) {
  const body = new TextEncoder().encode(ALL.slice(after ?? 0).join(""));
  const cut = bytes < body.length;
  let sent = false;
  return new Response(
    new ReadableStream({
      pull(controller) {
        if (sent) return cut ? controller.error(new TypeError("network error")) : controller.close();
        sent = true;
        controller.enqueue(body.slice(0, bytes));
      },
    }),
  );
}

async function numbers(open) {
  const told = [];
  const { signal } = new AbortController();
  for await (const events of followed({ open, isLast: ({ event: name }) => name === "end", signal })) {
    told.push(...events.map(({ id }) => Number(id)));
  }
  return told;
}

const WHOLE = ALL.map((_, at) => at + 1);

test("a stream that breaks anywhere is told whole, and each event once", async () => {
  for (let bytes = 20; bytes < ALL.join("").length; bytes += 311) {
    let opened = 0;
    const told = await numbers(async (after) => served(after, opened++ === 0 ? bytes : Infinity));
    assert.deepEqual(told, WHOLE, `cut after ${bytes} bytes`);
  }
});

test("it goes on after the last event that came", async () => {
  const asked = [];
  await numbers(async (after) => {
    asked.push(after);
    return served(after, asked.length === 1 ? ALL.slice(0, 3).join("").length + 5 : Infinity);
  });
  assert.deepEqual(asked, [null, 3]);
});

test("a server that cannot be reached for a moment is asked again", async () => {
  let tries = 0;
  const told = await numbers(async (after) => {
    if (tries++ < 2) throw new ApiError({ status: 0, code: "unreachable", message: "gone", retryable: true });
    return served(after, Infinity);
  });
  assert.deepEqual(told, WHOLE);
});

test("a refusal is raised at once", async () => {
  let tries = 0;
  await assert.rejects(
    numbers(async () => {
      tries++;
      throw new ApiError({ status: 422, code: "validation", message: "no" });
    }),
    { code: "validation" },
  );
  assert.equal(tries, 1);
});

test("an answer without content ends it", async () => {
  assert.deepEqual(await numbers(async () => new Response(null, { status: 204 })), []);
});
