// @ts-check
/** Asks for a key, and whether it may be kept. */
import { h } from "./dom.js";
import { keepKey, keptWhere, keyOf } from "./keys.js";

const KEEPING = { memory: "Nowhere: forget it with this page", tab: "In this tab, until it is closed", device: "In this browser, until I remove it" };

/** @param {{name: string, title: string, say: string, saved?: () => void}} about */
export function askForKey({ name, title, say, saved = () => {} }) {
  const field = h("input", { type: "password", name: "key", autocomplete: "off", spellcheck: "false", value: keyOf(name), placeholder: "Paste the key" });
  const kept = keptWhere(name);
  const choices = Object.entries(KEEPING).map(([value, text]) =>
    h("label", { class: "check" }, h("input", { type: "radio", name: "keeping", value, checked: value === kept }), text),
  );
  const close = () => dialog.close();
  const keep = (event) => {
    event.preventDefault();
    const keeping = /** @type {any} */ (new FormData(form).get("keeping"));
    keepKey(name, field.value.trim(), keeping);
    close();
    saved();
  };
  const form = h(
    "form",
    { onsubmit: keep },
    h("h2", null, title),
    h("p", { class: "meta" }, say),
    h("label", { class: "field" }, h("span", null, "Key"), field),
    h("fieldset", { class: "stack" }, h("legend", { class: "label" }, "Keep it"), ...choices),
    h("div", { class: "actions" }, h("button", { type: "button", onclick: close }, "Cancel"), h("button", { class: "primary" }, "Use this key")),
  );
  const dialog = h("dialog", { "aria-label": title, onclose: () => dialog.remove() }, form);
  document.body.append(dialog);
  dialog.showModal();
  field.focus();
}
