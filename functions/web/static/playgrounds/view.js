// @ts-check
/** The playgrounds: all of them; one with its metrics, reports and runs. */
import { api } from "../lib/api.js";
import { h, icon } from "../lib/dom.js";
import { time } from "../lib/format.js";
import { empty, field, openForm, page } from "../lib/page.js";
import { link } from "../lib/router.js";
import { stylesheet } from "../lib/stylesheet.js";
import { playground } from "./playground.js";

/** @param {import("../lib/router.js").Route} route */
export async function view({ path: [id] }) {
  await stylesheet("views.css");
  return id ? playground(id) : list();
}

async function list() {
  const { data } = await api("api/v2/genai/playgrounds/", { query: { limit: 100, sort: "-creationDate" } });
  const make = () => h("button", { type: "button", onclick: create }, icon("plus"), "New playground");
  return page("Playgrounds", { actions: [make()], says: "What is tried together: its runs are measured and guarded alike." },
    data.length > 0
      ? h("ol", { class: "rows", "aria-label": "Playgrounds" }, data.map((one) => h("li", { class: "thing" }, h("a", { href: link("playgrounds", one.id) },
          h("span", { class: "name", dir: "auto" }, one.name),
          h("span", { class: "meta says", dir: "auto" }, one.description),
          h("span", { class: "meta" }, one.useCaseId ?? ""),
          h("span", { class: "meta number" }, one.keepBlocked ? "keeps what is blocked" : ""),
          h("time", { class: "meta number", datetime: one.lastUpdateDate }, time(one.lastUpdateDate))))))
      : empty("There is no playground yet.", make()));
}

function create() {
  openForm({
    title: "New playground",
    fields: [
      field("Name", h("input", { name: "name", required: true, maxlength: 5000 })),
      field("Description", h("textarea", { name: "description", rows: 2, maxlength: 5000 })),
      field("Use case", h("input", { name: "useCaseId", maxlength: 5000 }), "Your own name for what it is for; it may be empty."),
      h("label", { class: "check" }, h("input", { type: "checkbox", name: "keepBlocked" }), "Keep what its guards block, for admins"),
    ],
    verb: "Make",
    act: async ({ name, description, useCaseId, keepBlocked }) => {
      const made = await api("api/v2/genai/playgrounds/", { method: "POST", body: { name, description, useCaseId, keepBlocked: Boolean(keepBlocked) } });
      location.hash = link("playgrounds", made.id);
    },
  });
}
