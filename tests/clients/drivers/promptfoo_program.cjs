// promptfoo: one evaluation of one prompt, by its command.
const { spawnSync } = require("node:child_process");
const { readFileSync, rmSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");

const { serve } = require("./serving.cjs");

const COMMAND = join(process.env.NODE_PATH, "promptfoo/dist/src/entrypoint.js");
const OPTIONS = ["-c", "config.json", "-o", "told.json", "--no-write", "--no-cache", "--no-table", "--no-progress-bar"];

function promptOf(ask) {
  const user = { role: "user", content: ask.prompt };
  if (ask.case === "image") {
    const image = { type: "image_url", image_url: { url: ask.image } };
    return JSON.stringify([{ role: "user", content: [{ type: "text", text: ask.prompt }, image] }]);
  }
  if (ask.case === "history") {
    const call = { id: "call_1", type: "function", function: { name: ask.tool.name, arguments: "{}" } };
    const assistant = { role: "assistant", content: null, tool_calls: [call] };
    return JSON.stringify([user, assistant, { role: "tool", tool_call_id: call.id, content: ask.told }]);
  }
  return ask.prompt;
}

async function outcome(ask) {
  const provider = { id: `openai:${ask.protocol}:${ask.model}`, config: { apiBaseUrl: `${ask.url}/v1`, apiKey: "any" } };
  writeFileSync("config.json", JSON.stringify({ prompts: [promptOf(ask)], providers: [provider], tests: [{ vars: { n: 1 } }] }));
  rmSync("told.json", { force: true });
  const done = spawnSync(process.execPath, [COMMAND, "eval", ...OPTIONS], { encoding: "utf8" });
  process.stderr.write(done.stdout + done.stderr);
  const [result] = JSON.parse(readFileSync("told.json", "utf8")).results.results;
  const { output, tokenUsage } = result.response ?? {};
  if (result.error && !output) return { error: { kind: "error", message: result.error } };
  const usage = tokenUsage && { sent: tokenUsage.prompt, made: tokenUsage.completion };
  const [, reasoning, text] = output.match(/^(?:Thinking: (.*?)\n\n)?(.*)$/s);
  return { text, reasoning, usage };
}

serve(outcome, () => false);
