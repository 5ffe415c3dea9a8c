// @ts-check
/** One playground. */
import { api } from "../lib/api.js";
import { h, icon, notice } from "../lib/dom.js";
import { money, time } from "../lib/format.js";
import { again, confirmed, empty, page, section, state, table, verbatim } from "../lib/page.js";
import { link } from "../lib/router.js";
import { addMetric } from "./metric-form.js";

const place = (id) => `api/v2/genai/playgrounds/${encodeURIComponent(id)}/`;

export async function playground(id) {
  const [found, { ootbMetricConfigurations: metrics }, reports, runs] = await Promise.all([
    api(place(id)),
    api(`${place(id)}ootbMetricConfigurations/`),
    api(`${place(id)}moderationReports/`, { query: { limit: 50 } }),
    api(`${place(id)}runs/`, { query: { limit: 50 } }),
  ]);
  const actions = [
    h("a", { class: "button", href: `#/play?playground=${encodeURIComponent(id)}` }, icon("play"), "Try in Play"),
    h("button", { type: "button", class: "quiet", onclick: () => remove(found) }, icon("trash"), "Delete"),
  ];
  return page(found.name, { under: [["Playgrounds", link("playgrounds")]], actions, says: found.description },
    h("div", { class: "stack parts" },
      section("Metrics and guards", { actions: [h("button", { type: "button", class: "small", onclick: () => addMetric(id) }, icon("plus"), "Add a metric")] },
        metrics.length > 0 ? metricsTable(id, metrics) : empty("Nothing is measured yet.")),
      section("Moderation reports", {}, reports.items.length > 0 ? h("ol", { class: "reports" }, reports.items.map((one) => report(one, metrics))) : empty("No guard has had anything to report.")),
      section("Runs", { actions: [h("a", { class: "meta", href: `#/history?playground_id=${encodeURIComponent(id)}` }, "All in the history")] },
        runs.items.length > 0 ? runsTable(runs.items, metrics) : empty("Nothing has been run in it yet."))));
}

const nameOf = (metric) => metric.customOotbMetricName ?? metric.ootbMetricName;

function metricsTable(id, metrics) {
  return table("Metrics and guards", ["Metric", "Judged by", "Guard", "State", ["", "number"]], metrics.map((metric) => [
    [nameOf(metric), metric.customOotbMetricName && h("span", { class: "meta" }, ` ${metric.ootbMetricName}`)],
    metric.llmId ?? "",
    guard(metric.moderationConfiguration),
    metric.errorMessage ? h("span", { class: "chip bad", title: metric.errorMessage }, icon("alert"), "error") : metric.executionStatus.toLowerCase(),
    h("button", { type: "button", class: "small quiet", "aria-label": `Remove ${nameOf(metric)}`, onclick: () => removeMetric(id, metric) }, icon("trash")),
  ]));
}

const WORDS = { greaterThan: ">", lessThan: "<", equals: "=", is: "=", notEquals: "≠", isNot: "≠" };

function guard(moderation) {
  if (!moderation) return "";
  const [{ comparator, comparand }] = moderation.guardConditions;
  return h("span", { class: "row" }, h("span", { class: "chip warn" }, moderation.intervention.action), `${WORDS[comparator] ?? comparator} ${JSON.stringify(comparand)}`);
}

function report(one, metrics) {
  const named = (id, name) => metrics.find((metric) => metric.ootbMetricConfigurationId === id)?.customOotbMetricName ?? name;
  return h("li", { class: "card stack" },
    h("div", { class: "row" }, one.blocked ? state("blocked") : h("span", { class: "chip" }, icon("info"), "reported"),
      one.interventions.map((found) => h("span", null, `${named(found.ootb_metric_configuration_id, found.metric)} of the ${found.side === "response" ? "answer" : "prompt"}: ${found.score ?? "no score"}`)),
      one.unchecked.map((found) => h("span", { class: "chip warn" }, `${found.metric} could not be checked: ${found.reason}`)),
      h("a", { class: "meta", href: link("history", one.run_id) }, time(one.created_at))),
    one.content && h("details", null, h("summary", null, "What was blocked"), verbatim(told(one.content), "What was blocked")));
}

const told = ({ messages, output }) => [...(messages ?? []).map(({ role, content }) => `${role}: ${typeof content === "string" ? content : JSON.stringify(content)}`), output].filter(Boolean).join("\n\n");

function runsTable(runs, metrics) {
  const score = (run, metric) => run.metrics?.find((one) => one.ootbMetricConfigurationId === metric.ootbMetricConfigurationId)?.score;
  const shown = (value) => (value === null || value === undefined ? "–" : typeof value === "number" ? String(Number(value.toFixed(3))) : String(value));
  return table("Runs", ["When", "State", "Model", ...metrics.map((metric) => [nameOf(metric), "number"]), ["Cost", "number"]], runs.map((run) => [
    h("a", { href: link("history", run.id) }, time(run.created_at)),
    state(run.status),
    [run.provider, run.model].filter(Boolean).join("/"),
    ...metrics.map((metric) => shown(score(run, metric))),
    money(run.cost_usd),
  ]));
}

function removeMetric(id, metric) {
  confirmed(`Remove ${nameOf(metric)}?`, "Runs from now on are not measured or guarded by it.", "Remove", async () => {
    await api(`${place(id)}ootbMetricConfigurations/${metric.ootbMetricConfigurationId}/`, { method: "DELETE" });
    again();
  });
}

function remove(found) {
  confirmed(`Delete ${found.name}?`, "Its metrics, blueprints and reports go with it; its runs stay in the history.", "Delete", async () => {
    await api(place(found.id), { method: "DELETE" });
    notice(`${found.name} is deleted`);
    location.hash = link("playgrounds");
  });
}
