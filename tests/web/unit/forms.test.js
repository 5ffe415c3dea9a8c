import assert from "node:assert/strict";
import { test } from "node:test";
import { definition } from "../../../functions/web/static/benchmarks/definition.js";

function formOf(fields) {
  return { get: (name) => fields[name]?.[0] ?? null, getAll: (name) => fields[name] ?? [] };
}

const LEAST = { name: ["N"], dataset: ["d"], targets: [" demo/echo \n\ndemo/writer"], metric: ["exact_match"], metric_value: [""] };

test("what is left empty is not sent", () => {
  assert.deepEqual(definition(formOf(LEAST)), {
    name: "N", dataset_id: "d", targets: [{ model: "demo/echo" }, { model: "demo/writer" }],
    metrics: [{ metric: "exact_match" }], gates: [], repeats: 1,
  });
});

test("a saved prompt goes before a template, whose text stays as it is", () => {
  assert.equal(definition(formOf({ ...LEAST, template: [" Say {{word}} "] })).template, " Say {{word}} ");
  const both = definition(formOf({ ...LEAST, template: ["x"], prompt: ["team/explain"] }));
  assert.deepEqual([both.prompt_id, both.template], ["team/explain", undefined]);
});

test("values belong to the metric in their line, and are JSON where they look like it", () => {
  const fields = { metric: ["contains", "is_json", "regex"], metric_value: ["[hello", '{"type": "object"}', "42"] };
  assert.deepEqual(definition(formOf({ ...LEAST, ...fields })).metrics, [
    { metric: "contains", value: "[hello" }, { metric: "is_json", value: { type: "object" } }, { metric: "regex", value: "42" },
  ]);
});

test("gates and a budget are numbers", () => {
  const made = definition(formOf({ ...LEAST, gate: ["cost", "exact_match"], gate_op: ["<=", ">="], gate_value: ["0.5", "0.9"], budget: ["2.5"], compression: ["on"] }));
  assert.deepEqual(made.gates, [{ metric: "cost", op: "<=", value: 0.5 }, { metric: "exact_match", op: ">=", value: 0.9 }]);
  assert.deepEqual([made.budget_usd, made.preset], [2.5, "compression"]);
});

test("a guard's bound is what it reads as, and a judge is named where one is asked", async () => {
  const { configuration } = await import("../../../functions/web/static/playgrounds/configuration.js");
  const guard = { action: "block", comparator: "greaterThan", message: "No.", judge: "openai/x", name: "" };
  const bound = (comparand) => configuration({ ...guard, metric: "latency", comparand }).moderationConfiguration.guardConditions[0].comparand;
  assert.deepEqual(["0", "2.5", "true", "", "a b"].map(bound), [0, 2.5, true, "", "a b"]);
  assert.equal(configuration({ ...guard, metric: "latency", comparand: "1" }).llmId, undefined);
  assert.deepEqual(configuration({ metric: "correctness", judge: "openai/x", name: "Right?", action: "" }), { ootbMetricName: "correctness", customOotbMetricName: "Right?", llmId: "openai/x" });
});
