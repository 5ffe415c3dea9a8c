import assert from "node:assert/strict";
import { test } from "node:test";
import { EventSplitter } from "../../../functions/web/static/lib/sse.js";

const STREAM = ': still here\n\nid: 2\ndata: {"content": "a\\n\\nb"}\n\nid: 3\nevent: done\ndata: {"done": true}\n\n';

test("a stream cut anywhere gives the same events", () => {
  const whole = new EventSplitter().take(STREAM);
  assert.deepEqual(whole.map(({ id, event }) => [id, event]), [["2", "message"], ["3", "done"]]);
  for (let at = 0; at <= STREAM.length; at++) {
    for (let then = at; then <= STREAM.length; then += 7) {
      const splitter = new EventSplitter();
      const pieces = [STREAM.slice(0, at), STREAM.slice(at, then), STREAM.slice(then)];
      assert.deepEqual(pieces.flatMap((piece) => splitter.take(piece)), whole);
    }
  }
});
