// @ts-check
/** The request as one would send it from elsewhere. Keys are named, never written. */
import { address } from "../lib/api.js";
import { apiKey } from "../lib/keys.js";

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

/** @param {Call} call */
export function asPython(call) {
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
