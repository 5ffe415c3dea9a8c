// @ts-check
/** The request as one would send it from elsewhere. Keys are named, never written. */
import { address } from "../lib/api.js";
import { apiKey } from "../lib/keys.js";
import { filled } from "./template.js";

/** @typedef {import("./requests.js").Call} Call */

/** What only this page needs of a stream. */
function plain({ path, body }) {
  const { on_disconnect: _left, resumable: _kept, ...rest } = body;
  return { url: address(path).href, body: rest };
}

/** @param {Call} call */
export function asCurl(call) {
  const { url, body } = plain(call);
  const key = apiKey() ? ` \\\n  -H "Authorization: Bearer $PROMPTYARD_API_KEY"` : "";
  return `curl -N ${quoted(url)}${key} \\\n  -H 'Content-Type: application/json' \\\n  -d ${quoted(JSON.stringify(body, null, 2))}`;
}

/** For a shell: nothing in it is expanded. */
const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

/** OpenAI's own client, where that has a place for all of the call; else the request as it is. @param {Call} call */
export function asPython(call) {
  const asked = requestsOf(plain(call).body, call.path);
  if (!asked) return asRequest(call);
  const [method, requests] = asked;
  const key = apiKey() ? `os.environ["PROMPTYARD_API_KEY"]` : `"local"`;
  const text = method === "responses" ? [`        if event.type == "response.output_text.delta":`, `            print(event.delta, end="", flush=True)`] : [`        if event.choices:`, `            print(event.choices[0].delta.content or "", end="", flush=True)`];
  return [
    ...(apiKey() ? ["import os", ""] : []),
    "from openai import OpenAI",
    "",
    `client = OpenAI(base_url=${JSON.stringify(address("v1").href)}, api_key=${key})`,
    `requests = ${literal(requests)}`,
    "for request in requests:",
    `    for event in client.${method}.create(**request, stream=True):`,
    ...text,
    "    print()",
    "",
  ].join("\n");
}

/** By their names in OpenAI's client; the others go beside its own, in the body. */
const KNOWN = ["frequency_penalty", "max_tokens", "parallel_tool_calls", "presence_penalty", "reasoning_effort", "response_format", "seed", "stop", "temperature", "tool_choice", "tools", "top_p"];
/** What a prompt of the registry is run with, by its name there. */
const OF_RESPONSES = { max_tokens: "max_output_tokens", temperature: "temperature", top_p: "top_p" };

/** The method of OpenAI's client and what it is called with, for each target; null where it has no place for something. */
function requestsOf(body, path) {
  const { targets = [body], parameters: shared } = body;
  if (!path.startsWith("api/v1/playground/") || targets.some((target) => target.custom_base_url)) return null;
  const headers = body.playground_id ? { extra_headers: { "x-promptyard-playground": body.playground_id } } : {};
  const method = body.prompt_id ? "responses" : "chat.completions";
  const requests = targets.map((target) => {
    const given = body.targets ? { ...shared, ...target.parameters } : { ...shared };
    const fields = body.prompt_id ? ofPrompt(body, given) : ofMessages(body, given);
    return fields && { model: target.model, ...fields, ...headers };
  });
  return requests.every(Boolean) ? [method, requests] : null;
}

function ofPrompt({ prompt_id, variables, system }, given) {
  if (Object.keys(given).some((name) => !OF_RESPONSES[name])) return null;
  const [id, version] = prompt_id.split("@");
  const parameters = Object.fromEntries(Object.entries(given).map(([name, value]) => [OF_RESPONSES[name], value]));
  return { prompt: { id, ...(version ? { version } : {}), ...(variables ? { variables } : {}) }, ...(system ? { instructions: system } : {}), ...parameters };
}

function ofMessages(body, { extra = {}, ...given }) {
  const messages = body.messages ?? [{ role: "user", content: body.prompt_text }];
  const system = body.system ? [{ role: "system", content: body.system }] : [];
  const own = Object.entries(given).filter(([name]) => KNOWN.includes(name));
  const others = { ...Object.fromEntries(Object.entries(given).filter(([name]) => !KNOWN.includes(name))), ...extra };
  const beside = Object.keys(others).length > 0 ? { extra_body: others } : {};
  return { messages: [...system, ...messages.map((message) => withValues(message, body.variables))], ...Object.fromEntries(own), ...beside };
}

/** What the API would put in: that protocol has no templates. */
function withValues(message, values) {
  if (!values) return message;
  const { content } = message;
  if (typeof content === "string") return { ...message, content: filled(content, values) };
  if (!Array.isArray(content)) return message;
  return { ...message, content: content.map((part) => (part.type === "text" ? { ...part, text: filled(part.text, values) } : part)) };
}

/** @param {Call} call */
function asRequest(call) {
  const { url, body } = plain(call);
  const key = apiKey() ? `, headers={"Authorization": f"Bearer {os.environ['PROMPTYARD_API_KEY']}"}` : "";
  return [
    "import json",
    ...(key ? ["import os"] : []),
    "",
    "import httpx",
    "",
    `request = ${literal(body)}`,
    `with httpx.stream("POST", ${JSON.stringify(url)}, json=request${key}, timeout=300) as answer:`,
    "    for line in answer.iter_lines():",
    `        if line.startswith("data: "):`,
    `            event = json.loads(line[6:])`,
    `            print(event.get("index", 0), event.get("content", event), flush=True)`,
    "",
  ].join("\n");
}

/** A value of JSON as Python writes it. */
export function literal(value, indent = "") {
  const inner = `${indent}    `;
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value !== "object") return JSON.stringify(value);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  const items = Array.isArray(value) ? value.map((item) => literal(item, inner)) : Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${literal(item, inner)}`);
  return items.length === 0 ? open + close : `${open}\n${items.map((item) => `${inner}${item},\n`).join("")}${indent}${close}`;
}
