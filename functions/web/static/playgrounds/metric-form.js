// @ts-check
/** A metric for a playground, and the guard on it. */
import { api } from "../lib/api.js";
import { h } from "../lib/dom.js";
import { again, field, openForm, select } from "../lib/page.js";
import { configuration, JUDGED, METRICS } from "./configuration.js";

const ACTIONS = { "": "Only measure", report: "Report it", block: "Block it", reportAndBlock: "Block and report it" };
const COMPARATORS = { greaterThan: "is over", lessThan: "is under", equals: "is", notEquals: "is not" };

/** @param {string} id of the playground */
export function addMetric(id) {
  const judge = field("Judge", h("input", { name: "judge", placeholder: "openai/gpt-4o-mini", spellcheck: "false" }), "A model; it costs what its runs cost.");
  const condition = h("div", { class: "stack" },
    h("div", { class: "row" }, field("Where the score", select("comparator", COMPARATORS)), field("Bound", h("input", { name: "comparand", value: "0", inputmode: "decimal" }))),
    field("What is said in a blocked answer's place", h("input", { name: "message", value: "This was blocked by a guard." })));
  const metric = select("metric", METRICS, "latency", { onchange: () => show() });
  const action = select("action", ACTIONS, "", { onchange: () => show() });
  const show = () => {
    judge.hidden = !JUDGED.has(metric.value);
    condition.hidden = action.value === "";
  };
  show();
  openForm({
    title: "Add a metric",
    fields: [field("Metric", metric), judge, field("Name", h("input", { name: "name", placeholder: "Optional" })), field("Guard", action), condition],
    verb: "Add",
    act: async (values) => {
      await api(`api/v2/genai/playgrounds/${encodeURIComponent(id)}/ootbMetricConfigurations/`, { method: "POST", body: configuration(values) });
      again();
    },
  });
}
