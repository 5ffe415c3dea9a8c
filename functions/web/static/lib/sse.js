// @ts-check
/** Server-sent events out of a response's body. */

/** @typedef {{id: string | null, event: string, data: string}} ServerEvent */

/** Splits a text that comes in pieces into events; a piece may be cut anywhere. */
export class EventSplitter {
  #rest = "";

  /** @param {string} piece @returns {ServerEvent[]} the events that are whole now */
  take(piece) {
    const text = this.#rest + piece;
    const events = [];
    let from = 0;
    for (;;) {
      const end = text.indexOf("\n\n", from);
      if (end < 0) break;
      const event = parsed(text.slice(from, end));
      if (event) events.push(event);
      from = end + 2;
    }
    this.#rest = text.slice(from);
    return events;
  }
}

/** @param {string} block @returns {ServerEvent | null} null for a comment */
function parsed(block) {
  let id = null;
  let event = "message";
  const data = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("data: ")) data.push(line.slice(6));
    else if (line.startsWith("event: ")) event = line.slice(7);
    else if (line.startsWith("id: ")) id = line.slice(4);
  }
  return data.length > 0 ? { id, event, data: data.join("\n") } : null;
}

/**
 * @param {ReadableStream<Uint8Array>} body
 * @returns {AsyncGenerator<ServerEvent[]>} the events that came together
 */
export async function* readEvents(body) {
  const splitter = new EventSplitter();
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const events = splitter.take(decoder.decode(value, { stream: true }));
      if (events.length > 0) yield events;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
