// @ts-check
/** A benchmark's run: how far it is, then its report. */
import { api, request } from "../lib/api.js";
import { fill, h, icon } from "../lib/dom.js";
import { count, money, seconds, time } from "../lib/format.js";
import { download } from "../datasets/files.js";
import { again, facts, page, state } from "../lib/page.js";
import { link } from "../lib/router.js";
import { followed } from "../lib/stream.js";
import { trouble } from "../lib/trouble.js";
import { showReport } from "./report.js";

const place = (id) => `api/v1/benchmark-runs/${encodeURIComponent(id)}`;
const GOES_ON = new Set(["queued", "running"]);

export async function benchmarkRun(id) {
  const found = await api(place(id));
  const going = GOES_ON.has(found.status);
  const act = (verb) => async () => {
    await api(`${place(id)}/${verb}`, { method: "POST" });
    again();
  };
  const save = (name, path, query) => h("button", { type: "button", class: "small", onclick: () => download(`${place(id)}/${path}`, query, `${found.name}.${name}`) }, icon("down"), name === "html" ? "Report" : name.toUpperCase());
  const actions = [
    going && h("button", { type: "button", onclick: act("cancel") }, icon("stop"), "Cancel"),
    ["cancelled", "failed", "over_budget"].includes(found.status) && h("button", { type: "button", onclick: act("resume") }, icon("play"), "Resume"),
    ...(going ? [] : [save("html", "report", { format: "html" }), save("csv", "results", { format: "csv" }), save("jsonl", "results", { format: "jsonl" })]),
  ].filter(Boolean);
  const body = h("div", { class: "stack parts" });
  const element = page(found.name, { under: [["Benchmarks", link("benchmarks")], ["This benchmark", link("benchmarks", found.benchmark_id)]], actions, says: time(found.created_at) }, body);
  if (going) follow(id, body, element);
  else finished(found, body);
  return element;
}

function numbers({ status, cells, cost_usd: cost, passed, seconds_left: left }) {
  return facts([
    ["State", state(status)],
    ["Gates", passed === null || passed === undefined ? null : passed ? state("passed") : h("span", { class: "chip bad" }, icon("alert"), "not passed")],
    ["Cells", `${count(cells.done)} of ${count(cells.total)}`],
    ["Failed", cells.failed > 0 && count(cells.failed)],
    ["Could not be run", cells.poison > 0 && count(cells.poison)],
    ["Cost", money(cost)],
    ["Left", left !== null && left !== undefined && seconds(1000 * left)],
  ]);
}

async function follow(id, body, element) {
  const bar = h("progress", { "aria-label": "Cells done", max: 1, value: 0 });
  const told = h("div");
  fill(body, bar, told);
  const stop = new AbortController();
  const open = (after) => {
    // Whoever has gone to another view reads no further.
    if (after !== null && !element.isConnected) stop.abort();
    return request(`${place(id)}/events`, { query: { after }, signal: stop.signal });
  };
  try {
    for await (const events of followed({ open, isLast: ({ event }) => event === "done", signal: stop.signal })) {
      const progress = JSON.parse(events[events.length - 1].data);
      bar.max = Math.max(1, progress.cells.total);
      bar.value = progress.cells.done + progress.cells.failed + progress.cells.poison;
      fill(told, numbers(progress));
    }
    if (element.isConnected) again();
  } catch (error) {
    fill(told, trouble(error, h("button", { type: "button", onclick: again }, "Retry")));
  }
}

async function finished(found, body) {
  const report = h("div", { class: "report" });
  fill(body, numbers(found), found.error && trouble(typeof found.error === "string" ? { code: found.status, message: found.error } : found.error), report);
  if (found.status === "completed") return showOf(found, report);
  // The report of what was done until then is made a moment later.
  fill(report, h("button", { type: "button", onclick: () => showOf(found, report) }, "Show the report of what was done"));
}

async function showOf(found, report) {
  try {
    const response = await request(`${place(found.id)}/report`, { query: { format: "html" } });
    await showReport(report, await response.text());
  } catch (error) {
    fill(report, trouble(error.code ? error : { code: "page", message: error.message, hint: "The report can be downloaded: it is a page of its own." }));
  }
}
