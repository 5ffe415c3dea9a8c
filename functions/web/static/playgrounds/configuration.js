// @ts-check
/** A playground's metric as the API takes it. */

/** What a playground can measure, and who scores it. */
export const METRICS = {
  latency: "Latency in milliseconds",
  prompt_tokens: "Tokens of the prompt",
  response_tokens: "Tokens of the answer",
  document_tokens: "Tokens of the documents",
  all_tokens: "All tokens",
  exact_match: "Exactly the reference",
  rouge_1: "ROUGE-1 with the reference",
  citations: "Share that the documents support",
  faithfulness: "Faithfulness to the documents, by a judge",
  correctness: "Correctness by the reference, by a judge",
  pii_violation: "Personal data",
  toxicity_violation: "Toxicity, by a judge",
  jailbreak_violation: "Jailbreak, by a judge",
};
export const JUDGED = new Set(["faithfulness", "correctness", "toxicity_violation", "jailbreak_violation"]);

/** @param {Record<string, any>} values of the form @returns the configuration as the API takes it */
export function configuration({ metric, name, judge, action, comparator, comparand, message }) {
  return {
    ootbMetricName: metric,
    ...(name && { customOotbMetricName: name }),
    ...(JUDGED.has(metric) && { llmId: judge }),
    ...(action && { moderationConfiguration: { guardConditions: [{ comparator, comparand: bound(comparand) }], intervention: { action, message } } }),
  };
}

/** A number, true or false where it reads as one. */
function bound(text) {
  if (text === "true" || text === "false") return text === "true";
  return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}
