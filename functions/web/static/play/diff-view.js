// @ts-check
/** Two answers, word by word. */
import { fill, h, icon, iconButton } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { trouble } from "../lib/trouble.js";
import { loadWordDiff } from "./vendor.js";

/** Beyond it, comparing words takes longer than somebody waits. */
const LONGEST = 60000;

/** @param {{name: string, text: string}[]} answers two at least */
export function openDiff(answers) {
  const choice = (chosen, label) =>
    h("label", { class: "field grow" }, h("span", null, label), h("select", { onchange: () => draw() }, ...answers.map(({ name }, index) => h("option", { value: index, selected: index === chosen }, `${index + 1} · ${name}`))));
  const other = Math.max(1, answers.findIndex(({ text }) => text !== answers[0].text));
  const [from, to] = [choice(0, "From"), choice(other, "To")];
  const counted = h("p", { class: "meta", role: "status" });
  const text = h("div", { class: "text diff", tabindex: "0", role: "region", "aria-label": "Differences", dir: "auto" });
  const dialog = h("dialog", { class: "wide", "aria-label": "Word diff of two answers", onclose: () => dialog.remove() },
    h("div", { class: "body" },
      h("div", { class: "row" }, icon("diff"), h("h2", { class: "grow" }, "Word diff"), iconButton("close", "Close", () => dialog.close())),
      h("div", { class: "row" }, from, to),
      counted,
      text));

  async function draw() {
    const [a, b] = [from, to].map((label) => answers[Number(label.querySelector("select").value)].text);
    if (a.length + b.length > LONGEST) {
      counted.textContent = `Together these have ${count(a.length + b.length)} characters: a diff of words takes ${count(LONGEST)} at most.`;
      return fill(text);
    }
    try {
      const changes = (await loadWordDiff())(a, b);
      fill(text, changes.map(({ value, added, removed }) => (added ? h("ins", null, value) : removed ? h("del", null, value) : value)));
      const words = (kind) => changes.filter((change) => change[kind]).reduce((sum, { value }) => sum + (value.match(/\S+/g)?.length ?? 0), 0);
      counted.textContent = a === b ? "The two are the same." : `${count(words("removed"))} words taken out, ${count(words("added"))} put in`;
    } catch {
      fill(text, trouble({ code: "vendor", message: "The library that compares words was not installed.", hint: "Install the page with npm at hand: see README." }));
    }
  }

  document.body.append(dialog);
  dialog.showModal();
  return draw();
}
