// @ts-check
/** Keys: this page's own, the API's, and those of providers that the server keeps. */
import { api } from "../lib/api.js";
import { h, icon, notice } from "../lib/dom.js";
import { time } from "../lib/format.js";
import { keyOf, keptWhere } from "../lib/keys.js";
import { again, confirmed, empty, field, openForm, page, section, select, table } from "../lib/page.js";
import { ask } from "../lib/rail.js";
import { stylesheet } from "../lib/stylesheet.js";
import { trouble } from "../lib/trouble.js";

const KEPT = { memory: "in this page alone, until it is closed or loaded again", tab: "in this tab, until it is closed", device: "in this browser, until it is removed" };

export async function view() {
  await stylesheet("views.css");
  const [keys, stored] = await Promise.allSettled([api("api/v1/keys", { query: { limit: 100 } }), api("api/v1/provider-keys", { query: { limit: 100 } })]);
  return page("Keys", {}, h("div", { class: "stack parts" },
    section("This page", { actions: [h("button", { type: "button", class: "small", onclick: ask }, icon("key"), keyOf("api") ? "Change" : "Give a key")] },
      h("p", null, keyOf("api") ? `It calls the API with a key that is kept ${KEPT[keptWhere("api")]}.` : "It calls the API without a key, which a server on a laptop takes.")),
    section("API keys", { actions: [h("button", { type: "button", class: "small", onclick: make }, icon("plus"), "New key")] }, listed(keys, apiKeys, "There is no API key yet.")),
    section("Provider keys", { actions: [h("button", { type: "button", class: "small", onclick: store }, icon("plus"), "Store a key")] },
      h("p", { class: "meta" }, "Kept by the server for everybody of this tenant, and never shown again. A target's own key, given in Play, goes before them."),
      listed(stored, providerKeys, "No provider's key is stored."))));
}

function listed(answer, shown, none) {
  if (answer.status === "rejected") return trouble(answer.reason);
  return answer.value.items.length > 0 ? shown(answer.value.items) : empty(none);
}

function apiKeys(items) {
  return table("API keys", ["Name", "Key", "Role", "Made", "Last used", "Ends", ["", "number"]], items.map((key) => [
    key.name, h("code", null, `${key.prefix}…`), key.role, time(key.created_at), key.last_used_at ? time(key.last_used_at) : "never", key.expires_at ? time(key.expires_at) : "when revoked",
    h("button", { type: "button", class: "small", "aria-label": `Revoke ${key.name}`, onclick: () => revoke(key) }, "Revoke"),
  ]));
}

function providerKeys(items) {
  return table("Provider keys", ["Provider", "Sent to", "Ends in", "Stored", ["", "number"]], items.map((key) => [
    key.provider, key.origin, h("code", null, `…${key.last_four}`), time(key.updated_at),
    h("button", { type: "button", class: "small", "aria-label": `Remove the key of ${key.provider}`, onclick: () => forget(key) }, "Remove"),
  ]));
}

function make() {
  openForm({
    title: "New API key",
    fields: [
      field("Name", h("input", { name: "name", required: true, maxlength: 100, placeholder: "Who or what uses it" })),
      field("Role", select("role", { viewer: "Viewer: reads", member: "Member: runs and saves", admin: "Admin: keys, too" }, "member")),
      field("Ends", h("input", { type: "date", name: "expires" }), "Without a day it lasts until it is revoked."),
    ],
    verb: "Make key",
    act: async ({ name, role, expires }) => {
      const made = await api("api/v1/keys", { method: "POST", body: { name, role, expires_at: expires ? `${expires}T00:00:00Z` : null } });
      again();
      showOnce(made);
    },
  });
}

/** The key is nowhere but in this dialog. */
function showOnce({ name, key }) {
  const shown = h("input", { readOnly: true, value: key, class: "mono", "aria-label": `The key ${name}`, onfocus: () => shown.select() });
  const copy = async () => {
    await navigator.clipboard.writeText(key);
    notice("Copied");
  };
  const dialog = h("dialog", { "aria-label": "The new key", onclose: () => dialog.remove() },
    h("div", { class: "body" }, h("h2", null, `The key ${name}`), h("p", null, "Copy it now: it is not shown again."),
      h("div", { class: "row" }, h("div", { class: "grow" }, shown), h("button", { type: "button", onclick: copy }, icon("copy"), "Copy")),
      h("div", { class: "actions" }, h("button", { type: "button", class: "primary", onclick: () => dialog.close() }, "Done"))));
  document.body.append(dialog);
  dialog.showModal();
}

function revoke(key) {
  confirmed(`Revoke ${key.name}?`, "Whoever uses it is refused within a minute.", "Revoke", async () => {
    await api(`api/v1/keys/${key.id}`, { method: "DELETE" });
    again();
  });
}

async function store() {
  const { providers } = await api("api/v1/playground/providers");
  openForm({
    title: "Store a provider's key",
    fields: [
      field("Provider", select("provider", Object.fromEntries(providers.filter(({ id }) => id !== "demo").map(({ id, name }) => [id, name])))),
      field("Key", h("input", { type: "password", name: "key", required: true, autocomplete: "off", spellcheck: "false" })),
      field("Sent to", h("input", { name: "origin", placeholder: "https://… where the provider has no address of its own", spellcheck: "false" })),
    ],
    verb: "Store",
    act: async ({ provider, key, origin }) => {
      await api(`api/v1/provider-keys/${encodeURIComponent(provider)}`, { method: "PUT", body: { key, ...(origin && { origin }) } });
      again();
    },
  });
}

function forget({ provider }) {
  confirmed(`Remove the key of ${provider}?`, "Runs then need a key with the request, or the server's own.", "Remove", async () => {
    await api(`api/v1/provider-keys/${encodeURIComponent(provider)}`, { method: "DELETE" });
    again();
  });
}
