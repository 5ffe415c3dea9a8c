// @ts-check
/** One benchmark: what it is, and its runs. */
import { api } from "../lib/api.js";
import { h, icon } from "../lib/dom.js";
import { count, money, time } from "../lib/format.js";
import { confirmed, empty, facts, page, section, state, table, verbatim } from "../lib/page.js";
import { link } from "../lib/router.js";

const place = (id) => `api/v1/benchmarks/${encodeURIComponent(id)}`;

export async function benchmark(id) {
  const [found, runs] = await Promise.all([api(place(id)), api("api/v1/benchmark-runs", { query: { benchmark_id: id, limit: 50 } })]);
  const actions = [
    h("button", { type: "button", class: "primary", onclick: () => start(found) }, icon("play"), "Start a run"),
    h("button", { type: "button", class: "quiet", onclick: () => remove(found) }, icon("trash"), "Delete"),
  ];
  return page(found.name, { under: [["Benchmarks", link("benchmarks")]], actions },
    h("div", { class: "stack parts" },
      definition(found),
      section("Runs", {}, runs.items.length > 0 ? runsTable(runs.items) : empty("It has not been run yet."))));
}

function definition(found) {
  const chips = (values) => values.length > 0 && values.map((value) => h("span", { class: "chip" }, value));
  return h("div", { class: "stack" },
    facts([
      ["Dataset", h("a", { href: link("datasets", found.dataset_id) }, found.dataset_version ? `its version ${found.dataset_version}` : "its newest version")],
      ["Targets", chips(found.targets.map(({ provider, model }) => [provider, model].filter(Boolean).join("/")))],
      ["Metrics", chips(found.metrics.map(({ name, metric }) => name ?? metric))],
      ["Gates", chips(found.gates.map(words))],
      ["Intensities", chips(found.intensities)],
      ["Times each row", found.repeats],
      ["Budget", found.budget_usd !== null && money(found.budget_usd)],
      ["Prompt", found.prompt_id && h("a", { href: link("prompts", ...found.prompt_id.split("/")) }, "one of the prompts")],
    ]),
    typeof found.template === "string" && verbatim(found.template, "Template"));
}

export const words = ({ metric, op, value, baseline_times: times, verdict, stat }) =>
  verdict ? `${metric} ${verdict.replace("_", " ")}` : `${stat === "mean" ? "" : `${stat} of `}${metric} ${op} ${times ? `${times} × baseline` : value}`;

function runsTable(runs) {
  return table("Runs", ["When", "State", "Gates", ["Cells", "number"], ["Cost", "number"]], runs.map((run) => [
    h("a", { href: link("benchmarks", "runs", run.id) }, time(run.created_at)),
    state(run.status),
    run.passed === null ? "" : run.passed ? state("passed") : h("span", { class: "chip bad" }, icon("alert"), "not passed"),
    `${count(run.cells.done)} of ${count(run.cells.total)}`,
    money(run.cost_usd),
  ]));
}

async function start(found) {
  const run = await api(`${place(found.id)}/runs`, { method: "POST" });
  location.hash = link("benchmarks", "runs", run.id);
}

function remove(found) {
  confirmed(`Delete ${found.name}?`, "Its runs and reports go with it.", "Delete", async () => {
    await api(place(found.id), { method: "DELETE" });
    location.hash = link("benchmarks");
  });
}
