import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { before, test } from "node:test";

let asCurl;
let asPython;
let literal;

before(async () => {
  globalThis.document = { baseURI: "http://127.0.0.1:8000/prod/" };
  globalThis.sessionStorage = globalThis.localStorage = { getItem: () => null };
  ({ asCurl, asPython, literal } = await import("../../../functions/web/static/play/samples.js"));
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

/** Stands in for OpenAI's client: prints what it is made with and called with, and answers in its form. */
const CLIENT = `
import json, sys, types
from types import SimpleNamespace as Answer

class OpenAI:
    def __init__(self, **made):
        self.made = made
        self.chat = Answer(completions=Answer(create=lambda **asked: self.told("chat", asked)))
        self.responses = Answer(create=lambda **asked: self.told("responses", asked))

    def told(self, method, asked):
        print(json.dumps([method, self.made, asked]), file=sys.stderr)
        return [Answer(type="response.output_text.delta", delta="Hi", choices=[Answer(delta=Answer(content="Hi"))]), Answer(type="x", choices=[])]

module = types.ModuleType("openai")
module.OpenAI = OpenAI
sys.modules["openai"] = module
`;

function called(call) {
  const run = spawnSync("python3", ["-c", `${CLIENT}\n${asPython(call)}`], { encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
  return { printed: run.stdout, calls: run.stderr.trim().split("\n").map((line) => JSON.parse(line)) };
}

const FOLLOWED = { stream: true, events: ["reasoning"], on_disconnect: "continue", resumable: true };

test("Python asks by OpenAI's client, each model in turn, with values put in", () => {
  const body = {
    messages: [{ role: "user", content: `{{a}} \\{{b}} ${NASTY}` }, { role: "user", content: [{ type: "text", text: "{{a}}" }] }],
    system: "Be brief",
    variables: { a: "{{A}}" },
    playground_id: "p",
    targets: [{ model: "demo/echo", parameters: { top_k: 4, extra: { delay_ms: 0 } } }, { model: "demo/writer" }],
    parameters: { temperature: 0 },
  };
  const { printed, calls } = called({ path: "api/v1/playground/compare", body: { ...body, ...FOLLOWED } });
  assert.equal(printed, "Hi\nHi\n");
  const messages = [{ role: "system", content: "Be brief" }, { role: "user", content: `{{A}} {{b}} ${NASTY}` }, { role: "user", content: [{ type: "text", text: "{{A}}" }] }];
  const asked = { messages, temperature: 0, extra_headers: { "x-promptyard-playground": "p" }, stream: true };
  const made = { base_url: "http://127.0.0.1:8000/prod/v1", api_key: "local" };
  assert.deepEqual(calls, [
    ["chat", made, { model: "demo/echo", ...asked, extra_body: { top_k: 4, delay_ms: 0 } }],
    ["chat", made, { model: "demo/writer", ...asked }],
  ]);
});

test("a prompt of the registry is asked for by its name", () => {
  const body = { prompt_id: "a/b@3", variables: { x: "y" }, model: "demo/echo", parameters: { max_tokens: 9 } };
  const { printed, calls } = called({ path: "api/v1/playground/run", body: { ...body, ...FOLLOWED } });
  assert.equal(printed, "Hi\n");
  assert.deepEqual(calls[0][2], { model: "demo/echo", prompt: { id: "a/b", version: "3", variables: { x: "y" } }, max_output_tokens: 9, stream: true });
});

test("what OpenAI's client has no place for is the request as it is", () => {
  for (const [path, more] of [["v1/playground/compare", {}], ["api/v1/playground/run", { custom_base_url: "https://a.example" }], ["api/v1/playground/run", { prompt_id: "a/b", parameters: { seed: 1 } }]]) {
    const sample = asPython({ path, body: { prompt_text: "Hi", model: "demo/echo", ...more, ...FOLLOWED } });
    assert.match(sample, /httpx\.stream\("POST"/);
    assert.ok(!sample.includes("on_disconnect"));
  }
});
