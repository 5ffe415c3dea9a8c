// @ts-check
/** What is known of a target, in a few words: price, context, its parameters. */
import { h } from "../lib/dom.js";
import { price, short } from "../lib/format.js";
import { modelInfo, whenKnown } from "./models.js";

/** @param {{model: string, base?: string, parameters?: Record<string, any>, badge?: string}} target @param {...Node} more what stands behind them */
export function targetChips({ model, base, badge, parameters = {} }, ...more) {
  const row = h("div", { class: "row chips" });
  const draw = (isKnown = true) => {
    const info = modelInfo(model);
    row.replaceChildren(
      ...(badge ? [h("span", { class: "chip accent" }, badge)] : []),
      ...(info || !isKnown ? facts(info) : [{ text: "not in the catalogue", title: "Neither its price nor what it takes is known" }]).map((fact) => h("span", { class: "chip", title: fact.title }, fact.text)),
      ...(base ? [h("span", { class: "chip", title: base }, new URL(base).host)] : []),
      ...Object.entries(parameters).map(([name, value]) => h("span", { class: "chip accent", title: name }, `${name} ${shown(value)}`)),
      ...more,
    );
  };
  draw(false);
  whenKnown([model]).then(() => draw());
  return row;
}

function facts(info) {
  if (!info) return [];
  const found = [];
  const { input_usd_per_mtok: input, output_usd_per_mtok: output, context_window: context, provider, deprecation_date: until } = info;
  if (input === 0 && output === 0) found.push({ text: provider === "demo" ? "free stand-in" : "free", title: info.name });
  else if (input !== null) found.push({ text: `${price(input)} / ${price(output)}`, title: "US dollars per million tokens in and out" });
  if (context !== null) found.push({ text: `${short(context)} context`, title: `${context} tokens of context` });
  if (until) found.push({ text: `until ${until}`, title: "The provider switches it off then" });
  return found;
}

function shown(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 24 ? `${text.slice(0, 23)}…` : text;
}
