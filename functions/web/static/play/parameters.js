// @ts-check
/** A target's parameters: those that its model takes; its provider's key; another address. */
import { fill, h } from "../lib/dom.js";
import { keepKey, keptWhere, keyOf } from "../lib/keys.js";
import { modelInfo, whenKnown } from "./models.js";
import { keyName } from "./requests.js";

const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/** `of`: the capability that it needs. Where that is not known, the model may refuse it. */
const FIELDS = [
  { name: "max_tokens", label: "Most tokens", type: "integer", min: 1 },
  { name: "temperature", label: "Temperature", type: "number", min: 0, max: 2, of: "sampling" },
  { name: "top_p", label: "Top p", type: "number", min: 0, max: 1, of: "sampling" },
  { name: "reasoning_effort", label: "Reasoning", type: "choice", choices: EFFORTS, of: "reasoning" },
  { name: "seed", label: "Seed", type: "integer", of: "unknown" },
  { name: "stop", label: "Stop at", type: "text", of: "unknown" },
  { name: "top_k", label: "Top k", type: "integer", min: 1, of: "sampling", rare: true },
  { name: "frequency_penalty", label: "Frequency penalty", type: "number", min: -2, max: 2, of: "sampling", rare: true },
  { name: "presence_penalty", label: "Presence penalty", type: "number", min: -2, max: 2, of: "sampling", rare: true },
  { name: "extra", label: "Extra fields, as JSON", type: "json", of: "unknown" },
];

/** Whether a model takes it: true, false, null where nobody knows. */
export function takes(info, { of, rare }) {
  if (!of) return true;
  if (of === "unknown" || !info) return null;
  const known = info.capabilities[of];
  if (known === false) return false;
  return known === null || rare ? null : true;
}

/** @param {import("./draft.js").DraftTarget} target @param {() => void} changed */
export async function openParameters(target, changed) {
  await whenKnown([target.model]);
  const info = modelInfo(target.model);
  const of = (wanted) => FIELDS.filter((field) => takes(info, field) === wanted).map((field) => control(target, field));
  const refused = FIELDS.filter((field) => takes(info, field) === false).map(({ label }) => label);
  const base = h("input", { type: "url", value: target.base, placeholder: "The provider's own", spellcheck: "false" });
  const key = keyFields(target);
  const done = (event) => {
    event.preventDefault();
    const faulty = form.querySelector(":invalid");
    if (faulty) return faulty.reportValidity();
    const values = [...form.querySelectorAll("[data-parameter]")].map((field) => [field.dataset.parameter, valueOf(field)]);
    target.parameters = Object.fromEntries(values.filter(([, value]) => value !== undefined));
    target.base = base.value.trim();
    key.keep();
    dialog.close();
    changed();
  };
  const form = h("form", { onsubmit: done, novalidate: true },
    h("h2", null, target.model),
    h("div", { class: "parameters" }, of(true)),
    refused.length > 0 && h("p", { class: "meta" }, `This model does not take: ${refused.join(", ")}.`),
    h("details", { class: "fold", open: of(null).some((field) => valueOf(field.querySelector("[data-parameter]")) !== undefined) }, h("summary", null, "More, which it may refuse"), h("div", { class: "parameters" }, of(null))),
    h("details", { class: "fold", open: Boolean(target.base) || key.has }, h("summary", null, "Provider key and address"), h("div", { class: "stack" }, key.element, h("label", { class: "field" }, h("span", null, "Address of an OpenAI-compatible server"), base))),
    h("div", { class: "actions" }, h("button", { type: "button", onclick: () => dialog.close() }, "Cancel"), h("button", { class: "primary" }, "Use these")));
  const dialog = h("dialog", { "aria-label": `Parameters of ${target.model}`, onclose: () => dialog.remove() }, form);
  document.body.append(dialog);
  dialog.showModal();
}

function control(target, { name, label, type, choices, min, max }) {
  const value = target.parameters[name];
  const data = { dataset: { parameter: name, type } };
  if (type === "choice") {
    return h("label", { class: "field" }, h("span", null, label), h("select", data, h("option", { value: "" }, "As the model does"), ...choices.map((one) => h("option", { value: one, selected: one === value }, one))));
  }
  const text = value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
  const input = h("input", { ...data, type: type === "number" || type === "integer" ? "number" : "text", min, max, step: type === "integer" ? 1 : "any", value: text, placeholder: "Not given", spellcheck: "false" });
  if (type === "json") {
    input.addEventListener("input", () => {
      try {
        valueOf(input);
        input.setCustomValidity("");
      } catch (error) {
        input.setCustomValidity(`This is no JSON: ${error.message}`);
      }
    });
  }
  return h("label", { class: "field" }, h("span", null, label), input);
}

function valueOf(field) {
  const text = field.value.trim();
  if (!text) return undefined;
  if (field.dataset.type === "number" || field.dataset.type === "integer") return Number(text);
  return field.dataset.type === "json" ? JSON.parse(text) : field.value;
}

function keyFields(target) {
  const name = () => keyName(target.model, target.base);
  const before = name();
  const had = keyOf(before);
  const field = h("input", { type: "password", autocomplete: "off", spellcheck: "false", value: had, placeholder: "The server's own, where it has one" });
  const where = h("select", null, ...[["memory", "not kept: gone with this page"], ["tab", "kept in this tab"], ["device", "kept in this browser"]].map(([value, text]) => h("option", { value, selected: value === keptWhere(name()) }, text)));
  return {
    has: Boolean(had),
    element: fill(h("div", { class: "parameters" }), h("label", { class: "field" }, h("span", null, "Key"), field), h("label", { class: "field" }, h("span", null, "And then it is"), where)),
    keep() {
      // A key that was there is its provider's: another address does not get it by the way.
      if (name() === before || field.value !== had) keepKey(name(), field.value.trim(), where.value);
    },
  };
}
