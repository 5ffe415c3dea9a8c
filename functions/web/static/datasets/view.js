// @ts-check
/** The datasets: all of them; one with its rows. */
import { api } from "../lib/api.js";
import { h, icon } from "../lib/dom.js";
import { time } from "../lib/format.js";
import { empty, field, openForm, page } from "../lib/page.js";
import { link } from "../lib/router.js";
import { rows } from "../lib/rows.js";
import { stylesheet } from "../lib/stylesheet.js";
import { dataset } from "./dataset.js";
import { sendFile } from "./files.js";

/** @param {import("../lib/router.js").Route} route */
export async function view({ path: [id] }) {
  await stylesheet("views.css");
  return id ? dataset(id) : list();
}

function list() {
  const make = () => h("button", { type: "button", onclick: create }, icon("plus"), "New dataset");
  return page("Datasets", { actions: [make()], says: "Rows that benchmarks run a prompt on." },
    rows({ path: "api/v1/datasets", query: {}, label: "Datasets", row, none: () => empty("There is no dataset yet. Runs of the history can become one, too.", make()) }));
}

function row(found) {
  return h("li", { class: "thing" }, h("a", { href: link("datasets", found.id) },
    h("span", { class: "name", dir: "auto" }, found.name),
    h("span", { class: "meta says", dir: "auto" }, found.description ?? ""),
    h("span"),
    h("span", { class: "meta number" }, found.latest_version ? `version ${found.latest_version}` : "empty"),
    h("time", { class: "meta number", datetime: found.updated_at }, time(found.updated_at))));
}

function create() {
  openForm({
    title: "New dataset",
    fields: [
      field("Name", h("input", { name: "name", required: true, maxlength: 256 })),
      field("Description", h("input", { name: "description" })),
      field("File", h("input", { type: "file", name: "file", accept: ".jsonl,.ndjson,.json,.csv" }), "JSON Lines, CSV or a JSON array, up to 200 MB; it may come later."),
    ],
    verb: "Make",
    act: async ({ name, description, file }) => {
      const made = await api("api/v1/datasets", { method: "POST", body: { name, ...(description && { description }) } });
      location.hash = link("datasets", made.id);
      if (file.size > 0) await sendFile(made.id, file);
      dispatchEvent(new HashChangeEvent("hashchange"));
    },
  });
}
