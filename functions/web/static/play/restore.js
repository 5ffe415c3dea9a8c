// @ts-check
/** Drafts out of what the server has: a run, a comparison, a version of a prompt. */
import { api } from "../lib/api.js";
import { contentOf, emptyDraft, firstDraft, newMessage, newTarget, ofWire } from "./draft.js";
import { filled, literal } from "./template.js";

/** @typedef {import("./draft.js").Draft} Draft */

/** Everything that runs on one prompt were made from. @param {any[]} runs @returns {Promise<Draft>} */
export async function draftOfRuns(runs) {
  const [first] = runs;
  const template = first.template;
  const sent = template?.messages ?? (template?.text !== undefined && template?.text !== null ? [{ role: "user", content: template.text }] : first.messages);
  const { system, messages } = await ofWire(sent);
  const beside = first.messages[0]?.role === "system" && sent[0]?.role !== "system" ? first.messages[0].content : "";
  const { tools, response_format: format } = first.parameters;
  const compress = first.endpoint_tag === "compression" ? "full" : null;
  return {
    ...firstDraft(),
    system: compress ? "" : system || beside,
    messages: messages.length > 0 ? messages : [newMessage("user")],
    variables: Object.fromEntries(Object.entries(template?.variables ?? {}).map(([name, value]) => [name, String(value)])),
    targets: (compress ? runs.slice(0, 1) : runs).map(targetOf),
    tools: tools ? JSON.stringify(tools, null, 2) : "",
    schema: format ? JSON.stringify(format, null, 2) : "",
    compress,
    playground: first.playground_id,
  };
}

/** @param {any} run */
export function targetOf({ provider, model, parameters, custom_base_url: base }) {
  const { tools: _tools, response_format: _format, ...own } = parameters;
  return newTarget([provider, model].filter(Boolean).join("/"), own, base ?? "");
}

/** @param {string} id of a version @param {Draft} before its targets stay where the version has no model @returns {Promise<Draft>} */
export async function draftOfVersion(id, before) {
  const version = await api(`api/v1/prompt-versions/${encodeURIComponent(id)}`);
  const { tools, response_format: format, ...parameters } = version.parameters;
  const { system, messages } = await ofWire(version.messages ?? [{ role: "user", content: version.text }]);
  const draft = {
    ...emptyDraft(before),
    system,
    messages,
    variables: Object.fromEntries(version.variables.map((name) => [name, before.variables[name] ?? ""])),
    tools: tools ? JSON.stringify(tools, null, 2) : "",
    schema: format ? JSON.stringify(format, null, 2) : "",
  };
  if (version.default_model) draft.targets = [newTarget(version.default_model, parameters), ...before.targets.filter(({ model }) => model !== version.default_model)].slice(0, 2);
  draft.version = { name: `${version.namespace}/${version.slug}`, number: version.version_number, content: contentOf(draft) };
  return draft;
}

/**
 * The conversation with this answer in it, and room for the next turn.
 * @param {Draft} draft what the answer is to @param {import("./answer.js").Answer} answer @returns {Draft}
 */
export function nextTurn(draft, answer) {
  const put = (text) => literal(filled(text, draft.variables));
  const calls = answer.message.tool_calls ?? [];
  const results = calls.map((call) => newMessage("tool", "", { callId: call.id }));
  return {
    ...draft,
    system: put(draft.system),
    messages: [
      ...draft.messages.map((message) => (message.wire ? message : { ...message, text: put(message.text) })),
      newMessage("assistant", answer.message.content ?? "", { wire: answer.message }),
      ...(results.length > 0 ? results : [newMessage("user")]),
    ],
    variables: {},
    compress: null,
    version: null,
  };
}
