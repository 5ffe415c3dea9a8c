// @ts-check
/** Saves what is written as the next version of a prompt. */
import { api } from "../lib/api.js";
import { h, notice } from "../lib/dom.js";
import { link } from "../lib/router.js";
import { trouble } from "../lib/trouble.js";
import { contentOf, versionFields } from "./draft.js";

const NAME = "[a-z0-9][a-z0-9._\\-]{0,63}";

/** @param {import("./draft.js").Draft} draft @param {() => void} saved */
export function openSave(draft, saved) {
  const [namespace, slug] = (draft.version?.name ?? `playground/${slugOf(draft)}`).split("/");
  const field = (name, label, value, more = {}) => h("label", { class: "field grow" }, h("span", null, label), h("input", { name, value, spellcheck: "false", ...more }));
  const named = { required: true, pattern: NAME, title: "Small letters, digits, dots, dashes and underscores" };
  const problem = h("div");
  const save = async (event) => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(form));
    const name = `${values.namespace}/${values.slug}`;
    try {
      const body = { namespace: values.namespace, slug: values.slug, ...(await versionFields(draft)), default_model: draft.targets[0]?.model, commit_message: values.message || undefined };
      const version = await api("api/v1/playground/save-version", { method: "POST", body });
      draft.version = { name, number: version.version_number, content: contentOf(draft) };
      saved();
      dialog.close();
      const told = version.created ? `Saved as version ${version.version_number} of ${name}` : `Version ${version.version_number} of ${name} has this text already`;
      notice(told, h("a", { href: link("prompts", ...name.split("/")) }, "Show it"));
    } catch (error) {
      problem.replaceChildren(trouble(error.code ? error : { code: "validation", message: error.message }));
    }
  };
  const form = h("form", { onsubmit: save },
    h("h2", null, "Save as a version"),
    h("div", { class: "row" }, field("namespace", "Namespace", namespace, named), field("slug", "Name", slug, named)),
    field("message", "What has changed", "", { maxlength: 1000, placeholder: "Optional" }),
    problem,
    h("div", { class: "actions" }, h("button", { type: "button", onclick: () => dialog.close() }, "Cancel"), h("button", { class: "primary" }, "Save version")));
  const dialog = h("dialog", { "aria-label": "Save as a version", onclose: () => dialog.remove() }, form);
  document.body.append(dialog);
  dialog.showModal();
  form.elements.namedItem("slug").select();
}

/** A name of the prompt's first words. */
function slugOf({ messages }) {
  const words = messages[0].text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return words.slice(0, 4).join("-").slice(0, 48) || "prompt";
}
