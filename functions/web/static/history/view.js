// @ts-check
/** The history: every run, newest first; one of them whole. */
import { h, icon } from "../lib/dom.js";
import { count, money, seconds, time } from "../lib/format.js";
import { empty, page, select, state } from "../lib/page.js";
import { link, renameTo } from "../lib/router.js";
import { rows } from "../lib/rows.js";
import { stylesheet } from "../lib/stylesheet.js";
import { addToDataset } from "./add-to-dataset.js";
import { run } from "./run.js";

/** @param {import("../lib/router.js").Route} route */
export async function view({ path: [id], query }) {
  await stylesheet("views.css");
  return id ? run(id) : list(query);
}

const STATUS = { "": "Any state", succeeded: "Succeeded", failed: "Failed", cancelled: "Cancelled", blocked: "Blocked", running: "Running" };
const FILTERS = ["status", "model", "provider", "prompt_id", "playground_id", "version_id", "from", "to"];

function list(query) {
  const filters = Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? ""]));
  const chosen = new Set();
  const add = h("button", { type: "button", disabled: true, onclick: () => addToDataset([...chosen]) }, icon("plus"), "Add to a dataset");
  const choose = (id, on) => {
    if (on) chosen.add(id);
    else chosen.delete(id);
    add.disabled = chosen.size === 0;
    add.lastChild.textContent = chosen.size > 0 ? `Add ${chosen.size} to a dataset` : "Add to a dataset";
  };
  const place = h("div");
  const show = () => {
    chosen.clear();
    choose("", false);
    place.replaceChildren(rows({
      path: "api/v1/playground/history",
      query: { ...filters, to: filters.to && dayAfter(filters.to) },
      label: "Runs",
      row: (found) => row(found, choose),
      none: () => empty(Object.values(filters).some(Boolean) ? "No run matches." : "Nothing has been run yet.", h("a", { class: "button", href: "#/play" }, "Run a prompt")),
    }));
  };
  const change = ({ target }) => {
    filters[target.name] = target.value.trim();
    const left = new URLSearchParams(Object.entries(filters).filter(([, value]) => value));
    renameTo(`#/history${left.size > 0 ? `?${left}` : ""}`);
    show();
  };
  const text = (name, label) => h("input", { name, "aria-label": label, placeholder: label, value: filters[name], spellcheck: "false" });
  const day = (name, label) => h("label", { class: "meta day" }, label, h("input", { type: "date", name, value: filters[name] }));
  const bar = h("form", { class: "filters", role: "search", onchange: change, onsubmit: (event) => event.preventDefault() },
    select("status", STATUS, filters.status, { "aria-label": "State" }),
    text("model", "Model"), text("provider", "Provider"), text("prompt_id", "Prompt: namespace/name"), day("from", "From"), day("to", "To"));
  show();
  return page("History", { actions: [add] }, bar, place);
}

/** The filter's `to` is not included, a person's is. */
function dayAfter(day) {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + 1);
  return date.toISOString();
}

function row(found, choose) {
  const asked = said(found);
  const box = h("input", { type: "checkbox", "aria-label": `Choose the run of ${time(found.created_at)}: ${asked.slice(0, 60)}`, onchange: () => choose(found.id, box.checked) });
  const tokens = found.tokens ? `${count(found.tokens.prompt)} → ${count(found.tokens.completion)}` : "–";
  return h("li", { class: "run" }, box,
    h("a", { href: link("history", found.id) },
      h("span", { class: "state" }, state(found.status)),
      h("span", { class: "asked", dir: "auto" }, asked || "no prompt"),
      h("span", { class: "meta model" }, [found.provider, found.model].filter(Boolean).join("/") || "–"),
      h("span", { class: "meta number" }, tokens),
      h("span", { class: "meta number" }, seconds(found.latency_ms)),
      h("span", { class: "meta number" }, money(found.cost_usd)),
      h("time", { class: "meta number", datetime: found.created_at }, time(found.created_at))));
}

/** The beginning of what the person said last. */
function said({ messages }) {
  const last = messages.findLast(({ role }) => role === "user") ?? messages.at(-1);
  const content = last?.content ?? "";
  const text = typeof content === "string" ? content : content.map((part) => part.text ?? `[${part.type}]`).join(" ");
  return text.slice(0, 200);
}
