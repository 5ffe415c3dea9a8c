// @ts-check
/** What a draft is as a request, without the keys that a person typed; and with them. */
import { keyOf } from "../lib/keys.js";
import { foundVariables, promptFields, sharedParameters, DraftMistake } from "./draft.js";
import { filled } from "./template.js";

/** @typedef {import("./draft.js").Draft} Draft */
/** @typedef {{path: string, body: Record<string, any>}} Call */

/** Streams that outlive the page, with all that a column shows. */
export const FOLLOWED = { stream: true, events: ["reasoning", "tool_calls"], on_disconnect: "continue", resumable: true };

/**
 * One comparison, or one run where there is one target, or the two arms of a compressed prompt.
 * @param {Draft} draft @returns {Promise<Call>} without keys
 */
export async function callOf(draft) {
  if (draft.targets.length === 0) throw new DraftMistake("Choose a model first.");
  if (draft.compress) return compressed(draft);
  const prompt = await promptFields(draft);
  const playground = draft.playground ? { playground_id: draft.playground } : {};
  const shared = sharedParameters(draft);
  const targets = draft.targets.map(wireTarget);
  if (targets.length === 1) {
    const [target] = targets;
    const parameters = { ...shared, ...target.parameters };
    return { path: "api/v1/playground/run", body: { ...prompt, ...playground, ...target, ...some("parameters", parameters), ...FOLLOWED } };
  }
  return { path: "api/v1/playground/compare", body: { ...prompt, ...playground, targets, ...some("parameters", shared), ...FOLLOWED } };
}

const some = (name, object) => (Object.keys(object).length > 0 ? { [name]: object } : {});

/** @param {import("./draft.js").DraftTarget} target */
function wireTarget(target) {
  return { model: target.model, ...(target.base ? { custom_base_url: target.base } : {}), ...some("parameters", target.parameters) };
}

/** @param {Draft} draft */
function compressed(draft) {
  const [message] = draft.messages;
  if (draft.messages.length !== 1 || message.files.length > 0 || draft.system.trim()) {
    throw new DraftMistake("Raw against compressed takes one text: the rules are its system prompt.");
  }
  const prompt = foundVariables(draft).isTemplate ? filled(message.text, draft.variables) : message.text;
  const [target] = draft.targets;
  const [provider, ...model] = target.model.split("/");
  const base = target.base ? { custom_base_url: target.base } : {};
  return { path: "v1/playground/compare", body: { prompt, provider, model: model.join("/"), intensity: draft.compress, ...base, ...FOLLOWED } };
}

/** The name under which a target's provider key is kept: the provider's, or the address's that it is for. */
export const keyName = (model, base) => `provider:${base || model.split("/")[0]}`;

/** The call with the keys that the person gave. They are put in last, and never kept with it. @param {Call} call @returns {Call} */
export function withKeys({ path, body }) {
  return { path, body: body.targets ? { ...body, targets: body.targets.map(keyed) } : keyed(body) };
}

function keyed(target) {
  const key = keyOf(keyName(target.provider ?? target.model, target.custom_base_url));
  return key ? { ...target, provider_key: key } : target;
}
