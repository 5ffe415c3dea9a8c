// @ts-check
/** One dataset: its versions, its rows, its files. */
import { api } from "../lib/api.js";
import { h, icon, notice } from "../lib/dom.js";
import { bytes, count, time } from "../lib/format.js";
import { again, confirmed, empty, field, openForm, page, section, table } from "../lib/page.js";
import { link } from "../lib/router.js";
import { download, sendFile } from "./files.js";

const MOST_ROWS = 50;
const place = (id) => `api/v1/datasets/${encodeURIComponent(id)}`;

export async function dataset(id) {
  const found = await api(place(id));
  const [versions, rows] = found.latest_version
    ? await Promise.all([api(`${place(id)}/versions`, { query: { limit: 100 } }), api(`${place(id)}/rows`, { query: { limit: MOST_ROWS } })])
    : [{ items: [] }, { items: [], total: 0 }];
  const actions = [
    found.latest_version && h("a", { class: "button", href: `#/benchmarks/new?dataset=${encodeURIComponent(id)}` }, icon("chart"), "Benchmark on it"),
    h("button", { type: "button", onclick: () => add(found) }, icon("plus"), "Add a file"),
    found.latest_version && h("button", { type: "button", onclick: () => download(`${place(id)}/export`, { format: "jsonl" }, `${found.name}.jsonl`) }, icon("down"), "Export"),
    h("button", { type: "button", class: "quiet", onclick: () => remove(found) }, icon("trash"), "Delete"),
  ].filter(Boolean);
  return page(found.name, { under: [["Datasets", link("datasets")]], actions, says: found.description ?? undefined },
    h("div", { class: "stack parts" },
      section(rows.total > MOST_ROWS ? `Rows: the first ${MOST_ROWS} of ${count(rows.total)}` : "Rows", {}, rows.items.length > 0 ? rowsTable(rows.items) : empty("It has no rows yet.")),
      versions.items.length > 0 && section("Versions", {}, table("Versions", [["Version", "number"], ["Rows", "number"], "Format", ["Size", "number"], "Made"], versions.items.map((one) => [one.number, count(one.row_count), one.format, bytes(one.bytes), time(one.created_at)])))));
}

function rowsTable(rows) {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row.variables)))];
  const with_ = (name, has) => (rows.some(has) ? [name] : []);
  const messages = with_("Messages", (row) => row.messages);
  const reference = with_("Reference", (row) => row.reference !== null);
  return table("Rows", [["#", "number"], ...names, ...messages, ...reference], rows.map((row) => [
    row.number,
    ...names.map((name) => text(row.variables[name] ?? "")),
    ...messages.map(() => text(row.messages ? row.messages.map((one) => one.content).join("\n") : "")),
    ...reference.map(() => text(row.reference ?? "")),
  ]));
}

const text = (value) => h("span", { class: "cell", dir: "auto" }, typeof value === "string" ? value : JSON.stringify(value));

function add(found) {
  openForm({
    title: `Add a file to ${found.name}`,
    says: "Its rows become the next version; the ones before stay as they are.",
    fields: [field("File", h("input", { type: "file", name: "file", required: true, accept: ".jsonl,.ndjson,.json,.csv" }), "JSON Lines, CSV or a JSON array")],
    verb: "Add",
    act: async ({ file }) => {
      await sendFile(found.id, file);
      again();
    },
  });
}

function remove(found) {
  confirmed(`Delete ${found.name}?`, "All its versions and rows go with it.", "Delete", async () => {
    await api(place(found.id), { method: "DELETE" });
    notice(`${found.name} is deleted`);
    location.hash = link("datasets");
  });
}
