// @ts-check
/** What a month used, by day, model, key and endpoint. */
import { api } from "../lib/api.js";
import { fill, h } from "../lib/dom.js";
import { count, money } from "../lib/format.js";
import { empty, facts, page, section, table } from "../lib/page.js";
import { stylesheet } from "../lib/stylesheet.js";
import { trouble } from "../lib/trouble.js";

export async function view() {
  await stylesheet("views.css");
  const place = h("div", { class: "stack parts" });
  const month = h("input", { type: "month", "aria-label": "Month", value: new Date().toISOString().slice(0, 7), onchange: () => show() });
  const show = async () => {
    try {
      fill(place, month.value ? parts(await api("api/v1/usage", { query: { month: month.value } })) : empty("Choose a month."));
    } catch (error) {
      fill(place, trouble(error));
    }
  };
  await show();
  return page("Usage", { actions: [h("div", null, month)], says: "Months and days are those of UTC." }, place);
}

function parts(usage) {
  if (usage.total.runs === 0) return empty("Nothing was used in this month.");
  return [
    facts([
      ["Spent", money(usage.total.cost_usd)],
      ["Runs", count(usage.total.runs)],
      ["Tokens in", count(usage.total.input_tokens)],
      ["Tokens out", count(usage.total.output_tokens)],
      ["Runs without a known price", usage.total.unpriced_runs > 0 && count(usage.total.unpriced_runs)],
      ["Reserved for what goes on", usage.reserved.runs > 0 && `${money(usage.reserved.cost_usd)}, ${count(usage.reserved.tokens)} tokens`],
    ]),
    usage.quotas.length > 0 && section("Quotas", {}, table("Quotas", ["Of", "What", ["Used", "number"], ["Limit", "number"]], usage.quotas.map((one) => [one.scope, one.unit, count(one.used), count(one.limit)]))),
    section("By day", {}, sums("By day", "Day", usage.by_day, "day")),
    section("By model", {}, sums("By model", "Model", usage.by_model, "model")),
    section("By key", {}, sums("By key", "Key", usage.by_key, "key")),
    section("By endpoint", {}, sums("By endpoint", "Endpoint", usage.by_endpoint, "endpoint")),
  ];
}

/** The bar is of money, or of tokens where nothing cost any. */
function sums(label, first, rows, name) {
  const weight = rows.some((row) => row.cost_usd > 0) ? (row) => row.cost_usd ?? 0 : (row) => row.input_tokens + row.output_tokens;
  const most = Math.max(...rows.map(weight), Number.MIN_VALUE);
  const head = [first, ["Share", "share"], ["Runs", "number"], ["Tokens in", "number"], ["Tokens out", "number"], ["Spent", "number"]];
  const made = table(label, head, rows.map((row) => [
    row[name],
    h("div", { class: "bar", style: { inlineSize: `${Math.max(1, (100 * weight(row)) / most)}%` } }),
    count(row.runs), count(row.input_tokens), count(row.output_tokens), money(row.cost_usd),
  ]));
  made.classList.add("sums");
  return made;
}
