// @ts-check
/** What stands under an answer's text: the scores of its playground's metrics, the sources that it names. */
import { h, icon, outsideLink } from "../lib/dom.js";

/** @param {import("./answer.js").Answer} answer @returns {any[]} */
export function findings({ metrics, citations }) {
  return [metrics.length > 0 && scores(metrics), citations.length > 0 && sources(citations)].filter(Boolean);
}

function scores(metrics) {
  return h("ul", { class: "row scores", "aria-label": "Metrics" }, metrics.map((metric) => {
    const name = metric.customOotbMetricName ?? metric.ootbMetricName;
    return metric.score === null
      ? h("li", { class: "chip warn", title: metric.errorMessage ?? "" }, icon("alert"), `${name}: no score`)
      : h("li", { class: "chip", title: metric.details?.reason ?? "" }, `${name} ${shown(metric.score)}`);
  }));
}

const shown = (score) => (typeof score === "number" && !Number.isInteger(score) ? score.toFixed(2) : Array.isArray(score) ? score.join(", ") : String(score));

function sources(citations) {
  return h("ol", { class: "meta sources", "aria-label": "Sources" }, citations.map(({ url, title }) => h("li", null, /^https?:/i.test(url ?? "") ? outsideLink(url, title || url) : title ?? url)));
}
