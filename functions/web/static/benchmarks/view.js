// @ts-check
/** The benchmarks: all of them, a new one, one with its runs, a run with its report. */
import { h, icon } from "../lib/dom.js";
import { time } from "../lib/format.js";
import { empty, page } from "../lib/page.js";
import { link } from "../lib/router.js";
import { rows } from "../lib/rows.js";
import { stylesheet } from "../lib/stylesheet.js";
import { benchmark } from "./benchmark.js";
import { newBenchmark } from "./new.js";
import { benchmarkRun } from "./run.js";

/** @param {import("../lib/router.js").Route} route `#/benchmarks/new`, `#/benchmarks/<id>`, `#/benchmarks/runs/<run id>` */
export async function view({ path: [id, run], query }) {
  await Promise.all([stylesheet("views.css"), stylesheet("report.css")]);
  if (id === "new") return newBenchmark(query);
  if (id === "runs") return benchmarkRun(run);
  return id ? benchmark(id) : list();
}

function list() {
  const make = () => h("a", { class: "button", href: link("benchmarks", "new") }, icon("plus"), "New benchmark");
  return page("Benchmarks", { actions: [make()], says: "A dataset over prompts and models, and whether the difference is real." },
    rows({ path: "api/v1/benchmarks", query: {}, label: "Benchmarks", row, none: () => empty("There is no benchmark yet.", make()) }));
}

function row(found) {
  return h("li", { class: "thing" }, h("a", { href: link("benchmarks", found.id) },
    h("span", { class: "name", dir: "auto" }, found.name),
    h("span", { class: "meta says" }, found.targets.map(({ provider, model }) => [provider, model].filter(Boolean).join("/")).join(", ")),
    h("span", { class: "meta" }, found.metrics.map(({ name, metric }) => name ?? metric).join(", ")),
    h("span"),
    h("time", { class: "meta number", datetime: found.updated_at }, time(found.updated_at))));
}
