// @ts-check
/** What a person works on: messages, values, targets, tools. Plain data, so that it can be kept as it is. */
import { fileOf, keepFile } from "../lib/files.js";
import { literal, variablesOf } from "./template.js";

/**
 * @typedef {{id: string, name: string, type: string, size: number}} Attachment a file of `lib/files.js`, or an image's address
 * @typedef {{id: string, role: "user" | "assistant" | "tool" | "system", text: string, files: Attachment[], wire?: any, callId?: string}} DraftMessage
 *   `wire`: an answer of a model as its provider wants it back, sent as it is while its text is not changed
 * @typedef {{id: string, model: string, base: string, parameters: Record<string, any>}} DraftTarget
 * @typedef {{system: string, messages: DraftMessage[], variables: Record<string, string>, targets: DraftTarget[], tools: string,
 *   schema: string, compress: string | null, playground: string | null, version: {name: string, number: number, content: string} | null}} Draft
 */

export const MOST_TARGETS = 6;
const newId = () => crypto.randomUUID();

/** @returns {DraftMessage} */
export const newMessage = (role, text = "", more = {}) => ({ id: newId(), role, text, files: [], ...more });

/** @returns {DraftTarget} */
export const newTarget = (model, parameters = {}, base = "") => ({ id: newId(), model, base, parameters });

/** @returns {Draft} */
export function firstDraft() {
  return {
    system: "",
    messages: [newMessage("user", "Explain {{topic}} to somebody who has never heard of it, in three sentences.")],
    variables: { topic: "event loops" },
    targets: [newTarget("demo/writer"), newTarget("demo/echo")],
    tools: "",
    schema: "",
    compress: null,
    playground: null,
    version: null,
  };
}

/** @param {Draft} draft @returns {Draft} the same targets, nothing written */
export const emptyDraft = (draft) => ({ ...firstDraft(), messages: [newMessage("user")], variables: {}, targets: draft.targets });

/** @param {Draft} draft */
export const foundVariables = (draft) =>
  variablesOf([draft.system, ...draft.messages.filter((message) => !message.wire).map((message) => message.text)]);

/** A mistake that is seen before anything is sent. */
export class DraftMistake extends Error {}

/**
 * What the prompt is on the wire: `prompt_text`, or `messages`; `system`; `variables` where it is a template.
 * @param {Draft} draft @returns {Promise<Record<string, any>>}
 */
export async function promptFields(draft) {
  const { names, isTemplate } = foundVariables(draft);
  const variables = isTemplate ? { variables: Object.fromEntries(names.map((name) => [name, draft.variables[name] ?? ""])) } : {};
  if (draft.version && draft.version.content === contentOf(draft)) {
    return { prompt_id: `${draft.version.name}@${draft.version.number}`, ...variables };
  }
  const system = draft.system.trim() ? { system: draft.system } : {};
  if (isText(draft)) return { prompt_text: draft.messages[0].text, ...system, ...variables };
  return { messages: await Promise.all(draft.messages.map((message) => wireMessage(message, isTemplate))), ...system, ...variables };
}

/** One text by the user: what a prompt of a single text is. */
const isText = ({ messages }) => messages.length === 1 && messages[0].role === "user" && messages[0].files.length === 0;

async function wireMessage(message, isTemplate) {
  if (message.wire && (message.wire.content ?? "") === message.text) {
    return isTemplate && typeof message.wire.content === "string" ? { ...message.wire, content: literal(message.wire.content) } : message.wire;
  }
  if (message.role === "tool") return { role: "tool", tool_call_id: message.callId, content: message.text };
  if (message.files.length === 0) return { role: message.role, content: message.text };
  const parts = await Promise.all(message.files.map(wirePart));
  return { role: message.role, content: [...(message.text ? [{ type: "text", text: message.text }] : []), ...parts] };
}

/** @param {Attachment} file */
async function wirePart(file) {
  const url = file.id.startsWith("https:") ? file.id : await fileOf(file.id);
  if (!url) throw new DraftMistake(`${file.name} is no more in this browser: attach it again, or take it out.`);
  return file.type.startsWith("image/") ? { type: "image_url", image_url: { url } } : { type: "file", file: { filename: file.name, file_data: url } };
}

/** What tools and schema are as parameters. @param {Draft} draft @returns {Record<string, any>} */
export function sharedParameters(draft) {
  const shared = {};
  if (draft.tools.trim()) shared.tools = listed(json(draft.tools, "Tools"));
  if (draft.schema.trim()) shared.response_format = format(json(draft.schema, "The answer's schema"));
  return shared;
}

function json(text, what) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DraftMistake(`${what}: ${error.message}`);
  }
}

/** Tools as a list in OpenAI's form, also where a function stands alone. */
const listed = (tools) => (Array.isArray(tools) ? tools : [tools]).map((tool) => (tool?.function || !tool?.name ? tool : { type: "function", function: tool }));

/** A bare JSON schema is put into the form that the API takes. */
const format = (schema) => (schema?.json_schema || schema?.type === "json_object" ? schema : { type: "json_schema", json_schema: { name: schema.title ?? "answer", schema } });

/** What a version of the prompt holds, to tell whether it is still that. @param {Draft} draft */
export const contentOf = (draft) =>
  JSON.stringify([draft.system.trim(), draft.messages.map(({ role, text, files }) => [role, text, files.map((file) => file.id)]), draft.tools.trim(), draft.schema.trim()]);

/** What `save-version` takes. @param {Draft} draft */
export async function versionFields(draft) {
  const shared = sharedParameters(draft);
  const parameters = Object.keys(shared).length > 0 ? { parameters: shared } : {};
  if (isText(draft) && !draft.system.trim()) return { content: draft.messages[0].text, ...parameters };
  const system = draft.system.trim() ? [{ role: "system", content: draft.system }] : [];
  return { messages: [...system, ...(await Promise.all(draft.messages.map((message) => wireMessage(message, true))))], ...parameters };
}

/**
 * Messages of the wire as a draft's.
 * @param {any[]} messages @returns {Promise<{system: string, messages: DraftMessage[]}>}
 */
export async function ofWire(messages) {
  const [first] = messages;
  const system = first?.role === "system" && typeof first.content === "string" ? first.content : "";
  const rest = system ? messages.slice(1) : messages;
  return { system, messages: await Promise.all(rest.map(draftMessage)) };
}

async function draftMessage(wire) {
  const parts = Array.isArray(wire.content) ? wire.content : wire.content ? [{ type: "text", text: wire.content }] : [];
  const text = parts.filter((part) => part.type === "text").map((part) => part.text).join("\n");
  if (wire.role === "assistant") return newMessage("assistant", text, { wire });
  if (wire.role === "tool") return newMessage("tool", text, { callId: wire.tool_call_id });
  const files = await Promise.all(parts.filter((part) => part.type !== "text").map(attachment));
  return newMessage(wire.role === "developer" ? "system" : wire.role, text, { files: files.filter(Boolean) });
}

/** @returns {Promise<Attachment | null>} */
async function attachment(part) {
  const url = part.image_url?.url ?? part.file?.file_data;
  if (!url) return null;
  const name = part.file?.filename ?? "image";
  if (!url.startsWith("data:")) return { id: url, name: url, type: "image/url", size: 0 };
  return { id: await keepFile(url), name, type: /^data:([^;,]*)/.exec(url)?.[1] ?? "", size: Math.round(url.length * 0.75) };
}
