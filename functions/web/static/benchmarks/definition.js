// @ts-check
/** What the API takes for a benchmark, out of the form. */

/** The metrics that the form offers, in words. */
export const METRICS = {
  exact_match: "exactly the reference", contains: "contains a text", icontains: "contains, whatever the case", starts_with: "starts with",
  regex: "matches a pattern", is_json: "is JSON", is_refusal: "is a refusal", rouge_1: "ROUGE-1", rouge_n: "ROUGE-N", bleu: "BLEU",
  levenshtein: "nearness by edits", word_count: "number of words", latency: "latency", ttft: "time to the first token", cost: "cost",
  response_tokens: "tokens of the answer", all_tokens: "all tokens", pii_violation: "personal data", citations: "supported by documents",
};

/** @param {{get: (name: string) => any, getAll: (name: string) => any[]}} form */
export function definition(form) {
  const prompt = form.get("prompt");
  const template = String(form.get("template") ?? "");
  const budget = String(form.get("budget") ?? "");
  const values = form.getAll("metric_value");
  const [ops, bounds] = [form.getAll("gate_op"), form.getAll("gate_value")];
  return {
    name: form.get("name"),
    dataset_id: form.get("dataset"),
    ...(prompt ? { prompt_id: prompt } : template.trim() && { template }),
    targets: String(form.get("targets")).split("\n").map((line) => line.trim()).filter(Boolean).map((model) => ({ model })),
    metrics: form.getAll("metric").map((metric, at) => ({ metric, ...(values[at] !== "" && { value: valueOf(String(values[at])) }) })),
    gates: form.getAll("gate").map((metric, at) => ({ metric, op: ops[at], value: Number(bounds[at]) })),
    repeats: Number(form.get("repeats") || 1),
    ...(budget && { budget_usd: Number(budget) }),
    ...(form.get("compression") && { preset: "compression" }),
  };
}

/** JSON where it is an object or a list, else the text. */
function valueOf(text) {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
