// @ts-check
/** Runs become rows of a dataset. */
import { api } from "../lib/api.js";
import { h, notice } from "../lib/dom.js";
import { field, openForm, select } from "../lib/page.js";
import { link } from "../lib/router.js";

/** @param {string[]} ids of runs */
export async function addToDataset(ids) {
  const { items } = await api("api/v1/datasets", { query: { limit: 100 } });
  const name = field("Name of the new one", h("input", { name: "name", maxlength: 256, value: "Runs from the history" }));
  const choose = select("dataset", { "": "A new dataset", ...Object.fromEntries(items.map((one) => [one.id, one.name])) }, items[0]?.id ?? "", { onchange: () => show() });
  const show = () => (name.hidden = choose.value !== "");
  show();
  openForm({
    title: ids.length === 1 ? "Add this run to a dataset" : `Add ${ids.length} runs to a dataset`,
    says: "Its prompt and variables become a row, its answer the row's reference.",
    fields: [field("Dataset", choose), name],
    verb: "Add",
    act: async (values) => {
      const known = items.find(({ id }) => id === values.dataset);
      const dataset = known ?? (await api("api/v1/datasets", { method: "POST", body: { name: values.name } }));
      const version = await api(`api/v1/datasets/${dataset.id}/rows`, { method: "POST", body: { run_ids: ids, append: Boolean(dataset.latest_version) } });
      notice(`${dataset.name} has ${version.row_count} rows now`, h("a", { href: link("datasets", dataset.id) }, "Show it"));
    },
  });
}
