// @ts-check
/** What the compression rules saved, in tokens and in money. */
import { h, icon } from "../lib/dom.js";
import { count, money } from "../lib/format.js";

/** @param {import("./session.js").Session} session @returns {any} null where it is not of a compressed prompt, or goes on */
export function savings(session) {
  const [raw, terse] = session.answers;
  if (!session.kept.compress || !session.isOver || !raw?.stats || !terse?.stats) return null;
  return h("div", { class: "row savings", role: "status" }, icon("compress"),
    h("strong", null, "Compressed"),
    h("span", null, saved(raw.stats.tokensOut, terse.stats.tokensOut, count, "tokens out")),
    h("span", null, saved(raw.stats.costUsd, terse.stats.costUsd, money, "in money, the rules' own tokens among it")));
}

function saved(before, after, shown, what) {
  if (before === null || after === null) return `– ${what}`;
  if (before === 0) return `${shown(before)} → ${shown(after)} ${what}`;
  const percent = Math.round((1000 * (before - after)) / before) / 10;
  return `${shown(before)} → ${shown(after)} ${what} (${percent >= 0 ? "−" : "+"}${Math.abs(percent)}%)`;
}
