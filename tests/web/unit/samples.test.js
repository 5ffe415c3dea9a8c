import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { before, test } from "node:test";

let asCurl;
let literal;

before(async () => {
  globalThis.document = { baseURI: "http://127.0.0.1:8000/prod/" };
  globalThis.sessionStorage = globalThis.localStorage = { getItem: () => null };
  ({ asCurl, literal } = await import("../../../functions/web/static/play/samples.js"));
});

const NASTY = `it's $(rm -rf /) \`id\` "q" \\ $HOME\nline`;

test("a shell gives the body back byte for byte, and expands nothing", () => {
  const body = { prompt_text: NASTY, targets: [{ model: "demo/echo" }] };
  const command = asCurl({ path: "api/v1/playground/compare", body: { ...body, resumable: true, on_disconnect: "continue" } });
  const sent = execFileSync("sh", ["-c", command.replace(/^curl -N/, `printf '%s\\0'`)], { encoding: "utf8" }).split("\0");
  assert.equal(sent[0], "http://127.0.0.1:8000/prod/api/v1/playground/compare");
  assert.deepEqual(JSON.parse(sent[4]), body);
});

test("Python reads a body as it is", () => {
  const body = { text: NASTY, none: null, yes: true, no: false, list: [1, 0.5, [], {}], object: { ü: "😀" } };
  const printed = execFileSync("python3", ["-c", `import json\nprint(json.dumps(${literal(body)}))`], { encoding: "utf8" });
  assert.deepEqual(JSON.parse(printed), body);
});
