// @ts-check
/** A new benchmark. */
import { api } from "../lib/api.js";
import { fill, h, icon } from "../lib/dom.js";
import { empty, field, page, select } from "../lib/page.js";
import { link } from "../lib/router.js";
import { trouble } from "../lib/trouble.js";
import { definition, METRICS } from "./definition.js";

/** @param {URLSearchParams} query `dataset`: the one to begin with */
export async function newBenchmark(query) {
  const [datasets, prompts] = await Promise.all([api("api/v1/datasets", { query: { limit: 100 } }), api("api/v1/prompts", { query: { limit: 100 } })]);
  if (datasets.items.length === 0) return page("New benchmark", { under: [["Benchmarks", link("benchmarks")]] }, empty("A benchmark runs a dataset, and there is none yet.", h("a", { class: "button", href: link("datasets") }, "Make one")));
  const template = field("Template", h("textarea", { name: "template", rows: 3, placeholder: "Say {{word}}" }), "Variables in braces are those of the dataset's rows; empty: the rows' own messages.");
  const prompt = select("prompt", { "": "A template of its own", ...Object.fromEntries(prompts.items.map((one) => [`${one.namespace}/${one.slug}`, `${one.namespace}/${one.slug}, its newest version`])) }, "", { onchange: () => (template.hidden = prompt.value !== "") });
  const told = h("div");
  const submit = async (event) => {
    event.preventDefault();
    try {
      const made = await api("api/v1/benchmarks", { method: "POST", body: definition(new FormData(form)) });
      location.hash = link("benchmarks", made.id);
    } catch (error) {
      fill(told, trouble(error.code ? error : { code: "validation", message: error.message }));
    }
  };
  const metrics = h("div", { class: "stack" });
  const gates = h("div", { class: "stack" });
  metrics.append(metricRow("exact_match"));
  const form = h("form", { class: "card stack narrow", onsubmit: submit },
    field("Name", h("input", { name: "name", required: true, maxlength: 256 })),
    field("Dataset", select("dataset", Object.fromEntries(datasets.items.map((one) => [one.id, one.name])), query.get("dataset") ?? "")),
    field("Prompt", prompt), template,
    field("Models", h("textarea", { name: "targets", rows: 3, required: true, spellcheck: "false" }, "demo/echo\ndemo/writer"), "One a line; the first is the baseline."),
    h("fieldset", { class: "stack" }, h("legend", { class: "label" }, "Metrics"), metrics, more("Another metric", () => metrics.append(metricRow("")))),
    h("fieldset", { class: "stack" }, h("legend", { class: "label" }, "Gates: what must hold for it to pass"), gates, more("Add a gate", () => gates.append(gateRow()))),
    h("div", { class: "row" },
      field("Times each row", h("input", { type: "number", name: "repeats", min: 1, max: 20, value: 1 })),
      field("Budget in dollars", h("input", { type: "number", name: "budget", min: 0, step: "any", placeholder: "None" }))),
    h("label", { class: "check" }, h("input", { type: "checkbox", name: "compression" }), "Compare levels of compression as well"),
    told,
    h("div", { class: "actions" }, h("a", { class: "button", href: link("benchmarks") }, "Cancel"), h("button", { class: "primary" }, "Make benchmark")));
  return page("New benchmark", { under: [["Benchmarks", link("benchmarks")]] }, h("div", null, form));
}

const more = (words, act) => h("div", null, h("button", { type: "button", class: "small", onclick: act }, icon("plus"), words));

function metricRow(chosen) {
  const row = h("div", { class: "row line" },
    select("metric", METRICS, chosen, { "aria-label": "Metric" }),
    h("input", { name: "metric_value", "aria-label": "Value of the metric", placeholder: "Value; empty: the row's reference" }),
    takeAway(() => row));
  return row;
}

function gateRow() {
  const row = h("div", { class: "row line" },
    select("gate", METRICS, "exact_match", { "aria-label": "Metric of the gate" }),
    select("gate_op", { ">=": "at least", "<=": "at most" }, ">=", { "aria-label": "Bound" }),
    h("input", { type: "number", step: "any", name: "gate_value", required: true, "aria-label": "Value of the gate", value: "0.9" }),
    takeAway(() => row));
  return row;
}

const takeAway = (row) => h("button", { type: "button", class: "small quiet icon", "aria-label": "Take away", onclick: () => row().remove() }, icon("close"));
