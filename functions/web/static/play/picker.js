// @ts-check
/** All models with price and context, to be searched and chosen from. */
import { fill, h, icon, iconButton } from "../lib/dom.js";
import { price, short } from "../lib/format.js";
import { trouble } from "../lib/trouble.js";
import { catalogue } from "./models.js";

/** So many rows are drawn; who wants another one goes on typing. */
const MOST_ROWS = 120;

/** @param {string[]} chosen @param {number} most @param {(models: string[]) => void} done */
export function openPicker(chosen, most, done) {
  const picked = new Set(chosen);
  const search = h("input", { type: "search", placeholder: "Search models and providers", "aria-label": "Search models", autocomplete: "off", oninput: () => draw() });
  const ready = h("input", { type: "checkbox", onchange: () => draw() });
  const list = h("ul", { class: "models", tabindex: "0", "aria-label": "Models" });
  const counted = h("p", { class: "meta", role: "status" });
  const dialog = h("dialog", { class: "picker", "aria-label": "Choose models", onclose: () => dialog.remove() },
    h("form", { onsubmit: (event) => (event.preventDefault(), dialog.close(), done([...picked])) },
      h("div", { class: "row" }, h("span", { class: "grow" }, search), iconButton("close", "Close", () => dialog.close())),
      h("div", { class: "row" }, h("label", { class: "check meta" }, ready, "Only those that are ready here"), h("span", { class: "grow" }), counted),
      list,
      h("div", { class: "actions" }, h("button", { type: "button", onclick: () => dialog.close() }, "Cancel"), h("button", { class: "primary" }, "Use these"))));
  let known = null;

  function draw() {
    counted.textContent = `${picked.size} of ${most} chosen`;
    if (!known) return fill(list, h("li", { class: "meta" }, "Loading…"));
    const found = matching(known, search.value, ready.checked, picked);
    fill(list, found.slice(0, MOST_ROWS).map((info) => row(info)), typed(search.value, known), found.length > MOST_ROWS && h("li", { class: "meta more" }, `${found.length - MOST_ROWS} more: type a part of the name`));
  }

  function row(info) {
    const provider = known.providers.get(info.provider);
    const box = h("input", { type: "checkbox", value: info.id, checked: picked.has(info.id), disabled: !picked.has(info.id) && picked.size >= most });
    box.addEventListener("change", () => toggle(info.id, box.checked));
    return h("li", null, h("label", null, box,
      h("span", { class: "grow" }, h("strong", null, info.model), " ", h("span", { class: "meta faint" }, provider?.name ?? info.provider)),
      provider && !provider.ready && h("span", { class: "chip warn", title: `Without ${provider.missing}: give a key with the target` }, icon("key"), "needs a key"),
      h("span", { class: "meta number context" }, info.context_window ? short(info.context_window) : ""),
      h("span", { class: "meta number price" }, cost(info))));
  }

  function toggle(model, on) {
    if (on) picked.add(model);
    else picked.delete(model);
    const from = list.scrollTop;
    draw();
    list.scrollTop = from;
    list.querySelector(`input[value="${CSS.escape(model)}"]`)?.focus();
  }

  /** A model that the catalogue does not list, as it is typed: new ones appear daily. */
  function typed(text, { models, providers }) {
    const name = text.trim();
    const [provider, model] = [name.split("/")[0], name.split("/").slice(1).join("/")];
    if (!model || !providers.has(provider) || models.some(({ id }) => id === name)) return null;
    return h("li", null, h("button", { type: "button", class: "small", onclick: () => toggle(name, true) }, icon("plus"), `${name}, which is not listed`));
  }

  document.body.append(dialog);
  dialog.showModal();
  search.focus();
  draw();
  catalogue().then((all) => ((known = all), draw())).catch((error) => fill(list, h("li", null, trouble(error))));
}

/** Those that have every word, the chosen and the ready ones first. */
function matching({ models, providers }, text, onlyReady, picked) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const isReady = (info) => providers.get(info.provider)?.ready ?? false;
  const found = models.filter((info) => {
    const all = `${info.id} ${info.name} ${providers.get(info.provider)?.name ?? ""}`.toLowerCase();
    return words.every((word) => all.includes(word)) && (!onlyReady || isReady(info));
  });
  const rank = (info) => (picked.has(info.id) ? 0 : isReady(info) ? 1 : 2);
  return found.map((info, at) => ({ info, at, rank: rank(info) })).sort((a, b) => a.rank - b.rank || a.at - b.at).map(({ info }) => info);
}

function cost({ input_usd_per_mtok: input, output_usd_per_mtok: output }) {
  if (input === null || output === null) return "no price";
  return input === 0 && output === 0 ? "free" : `${price(input)} / ${price(output)}`;
}
