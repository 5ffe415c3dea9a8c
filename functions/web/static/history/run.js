// @ts-check
/** One run with all that it was made from; opened again, run again, kept for a dataset. */
import { api } from "../lib/api.js";
import { h, icon, notice } from "../lib/dom.js";
import { count, money, seconds, time } from "../lib/format.js";
import { messagesOf } from "../lib/messages.js";
import { confirmed, facts, field, openForm, page, section, select, state, table, verbatim } from "../lib/page.js";
import { link } from "../lib/router.js";
import { trouble } from "../lib/trouble.js";
import { addToDataset } from "./add-to-dataset.js";

export async function run(id) {
  const found = await api(`api/v1/playground/runs/${encodeURIComponent(id)}`);
  const model = [found.provider, found.model].filter(Boolean).join("/");
  const actions = [
    h("a", { class: "button", href: link("play", found.comparison_id ?? found.id) }, icon("play"), found.comparison_id ? "Open the comparison" : "Open in Play"),
    h("button", { type: "button", onclick: () => runAgain(found) }, icon("retry"), "Run again"),
    h("button", { type: "button", onclick: () => addToDataset([found.id]) }, icon("rows"), "Add to a dataset"),
    h("button", { type: "button", class: "quiet", onclick: () => remove(found) }, icon("trash"), "Delete"),
  ];
  return page(model || "Run", { under: [["History", link("history")]], actions, says: time(found.created_at) },
    h("div", { class: "stack" }, numbers(found),
      found.error && trouble(found.error),
      found.moderation && h("p", null, h("span", { class: "chip warn" }, icon("alert"), `${found.moderation.action}: ${found.moderation.metric}, score ${found.moderation.score ?? "–"}`)),
      section("Prompt", {}, messagesOf(found.messages), variables(found)),
      found.reasoning && h("details", { class: "card" }, h("summary", null, "Reasoning"), verbatim(found.reasoning, "Reasoning")),
      found.tool_calls && section("Tool calls", {}, found.tool_calls.map((call) => verbatim(`${call.function.name}(${call.function.arguments})`, "Tool call"))),
      section("Answer", {}, verbatim(found.output ?? "", "Answer")),
      found.metrics && section("Metrics", {}, scores(found.metrics))));
}

function numbers(found) {
  const { tokens } = found;
  const of = (name, href) => name && h("a", { href }, name);
  return facts([
    ["State", state(found.status)],
    ["First token", seconds(found.ttft_ms)],
    ["Whole answer", seconds(found.latency_ms)],
    ["Tokens", tokens ? `${count(tokens.prompt)} → ${count(tokens.completion)}` : "–"],
    ["Cost", money(found.cost_usd)],
    ["Ended by", found.finish_word ?? found.finish_reason],
    ["Parameters", Object.keys(found.parameters).length > 0 && Object.entries(found.parameters).map(([name, value]) => h("span", { class: "chip" }, `${name} ${typeof value === "object" ? "…" : value}`))],
    ["Run again from", of(found.rerun_of && "another run", link("history", found.rerun_of ?? ""))],
    ["Playground", of(found.playground_id && "its playground", link("playgrounds", found.playground_id ?? ""))],
    ["Endpoint", found.endpoint],
  ]);
}

function variables({ template }) {
  const given = Object.entries(template?.variables ?? {});
  return given.length > 0 && facts(given.map(([name, value]) => [name, String(value)]));
}

export function scores(metrics) {
  return table("Metrics", ["Metric", ["Score", "number"], "State", "Why"], metrics.map((metric) => [
    metric.customOotbMetricName ?? metric.ootbMetricName,
    metric.score === null ? "–" : typeof metric.score === "number" ? String(Number(metric.score.toFixed(4))) : String(metric.score),
    metric.executionStatus.toLowerCase(),
    h("span", { class: "cell" }, metric.errorMessage ?? ""),
  ]));
}

async function runAgain(found) {
  const [{ items: versions }, { providers }] = await Promise.all([
    found.prompt_id ? api(`api/v1/prompts/${encodeURIComponent(found.prompt_id)}/versions`, { query: { limit: 100 } }) : { items: [] },
    api("api/v1/playground/providers"),
  ]);
  const names = providers.map(({ id }) => id);
  const models = h("datalist", { id: "rerun-models" }, providers.flatMap((provider) => provider.models.map((model) => h("option", { value: `${provider.id}/${model.id ?? model}` }))));
  const choices = Object.fromEntries([["", found.version_number ? `as it was: version ${found.version_number}` : "as it was"], ...versions.map((one) => [one.id, `version ${one.version_number}${one.commit_message ? `: ${one.commit_message}` : ""}`])]);
  openForm({
    title: "Run again",
    says: "With whatever is changed here; all else is as it was.",
    fields: [
      field("Model", h("input", { name: "model", value: [found.provider, found.model].filter(Boolean).join("/"), list: "rerun-models", spellcheck: "false", required: true })),
      models,
      versions.length > 0 && field("Version of the prompt", select("version", choices)),
    ].filter(Boolean),
    verb: "Run",
    act: async ({ model, version }) => {
      const made = await api(`api/v1/playground/runs/${encodeURIComponent(found.id)}/rerun`, { method: "POST", body: { ...target(model, names), ...(version && { version_id: version }), on_disconnect: "continue" } });
      location.hash = link("history", made.id);
    },
  });
}

/** A provider's name before the model is taken off it: a run's own provider would win over it. */
export function target(model, providers) {
  const [first, ...rest] = model.trim().split("/");
  return providers.includes(first) && rest.length > 0 ? { provider: first, model: rest.join("/") } : { model: model.trim() };
}

function remove(found) {
  confirmed("Delete this run?", "Its prompt and answer are deleted for good; what it cost stays in the usage.", "Delete", async () => {
    await api(`api/v1/playground/runs/${encodeURIComponent(found.id)}`, { method: "DELETE" });
    notice("The run is deleted");
    location.hash = link("history");
  });
}
