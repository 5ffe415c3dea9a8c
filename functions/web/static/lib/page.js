// @ts-check
/** What views are made of: a page with its head, words of state, facts, forms that open over the page. */
import { StreamText } from "../play/stream-text.js";
import { fill, h, icon } from "./dom.js";
import { trouble } from "./trouble.js";

/**
 * @param {string} title
 * @param {{under?: [string, string][], actions?: any[], says?: string}} head `under`: the pages above it, with their links
 * @param {...any} children
 */
export function page(title, { under = [], actions = [], says }, ...children) {
  const trail = under.length > 0 && h("nav", { class: "trail meta", "aria-label": "Above" }, under.map(([name, href]) => [h("a", { href }, name), " / "]));
  return h(
    "div",
    { class: "page" },
    h("header", { class: "head" }, h("div", { class: "grow" }, trail, h("h1", { dir: "auto" }, title), says && h("p", { class: "meta" }, says)), ...actions),
    ...children,
  );
}

export const section = (title, { actions = [] } = {}, ...children) =>
  h("section", { class: "part" }, h("div", { class: "row" }, h("h2", { class: "grow" }, title), ...actions), ...children);

const STATES = {
  succeeded: ["good", "check"], completed: ["good", "check"], passed: ["good", "check"],
  failed: ["bad", "alert"], blocked: ["warn", "alert"], over_budget: ["warn", "alert"],
  cancelled: ["", "stop"], running: ["accent", "clock"], queued: ["", "clock"],
};

/** A state by icon and word. */
export function state(name) {
  const [kind, glyph] = STATES[name] ?? ["", "info"];
  return h("span", { class: `chip ${kind}`.trim() }, icon(glyph), name.replaceAll("_", " "));
}

/** Names and values. Pairs without a value are left out. @param {[string, any][]} pairs */
export function facts(pairs) {
  return h("dl", { class: "facts" }, pairs.filter(([, value]) => value !== null && value !== undefined && value !== false).map(([name, value]) => h("div", null, h("dt", { class: "meta" }, name), h("dd", null, value))));
}

/** A table that scrolls by itself where it is too wide. @param {string} label @param {(string | [string, string])[]} head @param {any[]} rows of cells */
export function table(label, head, rows) {
  const cells = head.map((name) => (Array.isArray(name) ? name : [name, ""]));
  const made = h(
    "table",
    { "aria-label": label },
    h("thead", null, h("tr", null, cells.map(([name, kind]) => h("th", { class: kind, scope: "col" }, name || h("span", { class: "hidden-text" }, "Actions"))))),
    h("tbody", null, rows.map((row) => h("tr", null, row.map((cell, at) => h("td", { class: cells[at][1] }, cell))))),
  );
  return h("div", { class: "wide-table", tabindex: "0", role: "region", "aria-label": label }, made);
}

export const empty = (says, ...actions) => h("div", { class: "empty" }, h("p", null, says), ...actions);

let hints = 0;

/** A control with its label. The hint describes it, and is no part of its name. */
export function field(label, control, hint) {
  const labelled = h("label", { class: "field" }, h("span", null, label), control);
  if (!hint) return labelled;
  const id = `hint-${++hints}`;
  control.setAttribute("aria-describedby", id);
  return h("div", { class: "hinted" }, labelled, h("p", { class: "meta faint", id }, hint));
}

/** @param {Record<string, string>} choices words by value */
export const select = (name, choices, chosen = "", more = {}) =>
  h("select", { name, ...more }, Object.entries(choices).map(([value, words]) => h("option", { value, selected: value === chosen }, words)));

/**
 * A form over the page. `act` gets the values by name; what it raises is told in the form, else the form closes.
 * @param {{title: string, says?: string, fields: any[], verb: string, danger?: boolean, act: (values: Record<string, any>, form: HTMLFormElement) => Promise<any>}} about
 */
export function openForm({ title, says, fields, verb, act }) {
  const told = h("div");
  const button = h("button", { class: "primary" }, verb);
  const submit = async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      const result = await act(Object.fromEntries(new FormData(form)), form);
      if (result !== false) dialog.close();
    } catch (error) {
      fill(told, trouble(error.code ? error : { code: "page", message: error.message }));
    } finally {
      button.disabled = false;
    }
  };
  const form = h("form", { onsubmit: submit }, h("h2", null, title), says && h("p", { class: "meta" }, says), ...fields, told,
    h("div", { class: "actions" }, h("button", { type: "button", onclick: () => dialog.close() }, "Cancel"), button));
  const dialog = h("dialog", { "aria-label": title, onclose: () => dialog.remove() }, form);
  document.body.append(dialog);
  dialog.showModal();
  return form;
}

/** Asks before something is gone for good. */
export const confirmed = (title, says, verb, act) => openForm({ title, says, fields: [], verb, act });

/** A text of a person or a model, as it stands; a long one in blocks, of which those in sight are drawn. */
export function verbatim(text, name) {
  const shown = new StreamText("text");
  shown.show(text);
  return h("div", { class: "verbatim mono", tabindex: "0", role: "region", "aria-label": name }, text && shown.element);
}

/** Shows the view again. */
export const again = () => dispatchEvent(new HashChangeEvent("hashchange"));
