// @ts-check
/** One prompt: its versions, what one of them holds, what changed between two, where labels point. */
import { api } from "../lib/api.js";
import { fill, h, icon, notice } from "../lib/dom.js";
import { time } from "../lib/format.js";
import { messagesOf } from "../lib/messages.js";
import { again, confirmed, empty, facts, field, openForm, page, section, select, verbatim } from "../lib/page.js";
import { link } from "../lib/router.js";
import { trouble } from "../lib/trouble.js";

const place = (name) => `api/v1/prompts/${name.split("/").map(encodeURIComponent).join("/")}`;

/** @param {string} name @param {string | undefined} number of the version that is shown; the newest */
export async function prompt(name, number) {
  const [found, { items: versions }] = await Promise.all([api(place(name)), api(`${place(name)}/versions`, { query: { limit: 100 } })]);
  const shown = versions.find((one) => String(one.version_number) === number) ?? versions[0];
  const whole = shown && (await api(`api/v1/prompt-versions/${shown.id}`));
  const actions = [
    shown && h("a", { class: "button", href: `#/play?version=${shown.id}` }, icon("play"), "Open in Play"),
    h("a", { class: "button", href: `#/history?prompt_id=${encodeURIComponent(name)}` }, icon("history"), "Its runs"),
    h("button", { type: "button", class: "quiet", onclick: () => archive(name) }, icon("trash"), "Archive"),
  ].filter(Boolean);
  return page(name, { under: [["Prompts", link("prompts")]], actions, says: found.description ?? undefined },
    shown ? h("div", { class: "two" }, list(found, versions, shown), h("div", { class: "stack" }, version(whole), diff(name, versions, shown))) : empty("It has no version yet."));
}

function list(found, versions, shown) {
  const labels = (number) => Object.entries(found.labels).filter(([, at]) => at.version_number === number).map(([label]) => h("span", { class: "chip accent" }, label));
  return h("nav", { "aria-label": "Versions" }, h("ol", { class: "versions" }, versions.map((one) =>
    h("li", null, h("a", { href: link("prompts", found.namespace, found.slug, String(one.version_number)), "aria-current": one === shown && "true" },
      h("span", { class: "row" }, h("b", null, `Version ${one.version_number}`), labels(one.version_number)),
      h("span", { class: "meta", dir: "auto" }, one.commit_message ?? ""),
      h("span", { class: "meta faint" }, [time(one.created_at), one.author].filter(Boolean).join(" · ")))))));
}

function version(whole) {
  const { tools, response_format: format, ...parameters } = whole.parameters;
  const name = `${whole.namespace}/${whole.slug}`;
  return section(`Version ${whole.version_number}`, { actions: [h("button", { type: "button", class: "small", onclick: () => label(name, whole.version_number) }, "Label…")] },
    messagesOf(whole.messages ?? [{ role: "user", content: whole.text }]),
    facts([
      ["Variables", whole.variables.length > 0 && whole.variables.map((one) => h("span", { class: "chip" }, one))],
      ["Model", whole.default_model],
      ["Parameters", Object.keys(parameters).length > 0 && Object.entries(parameters).map(([one, value]) => h("span", { class: "chip" }, `${one} ${JSON.stringify(value)}`))],
    ]),
    tools && h("details", null, h("summary", null, tools.length === 1 ? "1 tool" : `${tools.length} tools`), verbatim(JSON.stringify(tools, null, 2), "Tools")),
    format && h("details", null, h("summary", null, "Form of the answer"), verbatim(JSON.stringify(format, null, 2), "Form of the answer")));
}

function diff(name, versions, shown) {
  const others = versions.filter((one) => one !== shown);
  if (others.length === 0) return null;
  const result = h("div");
  const before = others.find((one) => one.version_number < shown.version_number) ?? others[0];
  const choice = select("from", Object.fromEntries(others.map((one) => [String(one.version_number), `version ${one.version_number}`])), String(before.version_number), { "aria-label": "Compare with", onchange: () => show() });
  const show = async () => {
    try {
      const found = await api(`${place(name)}/diff`, { query: { from: choice.value, to: shown.version_number } });
      const settings = Object.entries(found.settings).map(([setting, { from, to }]) => h("li", null, h("code", null, setting), `: ${from === null ? "not set" : JSON.stringify(from)} → ${to === null ? "not set" : JSON.stringify(to)}`));
      fill(result, found.text ? lines(found.text) : h("p", { class: "meta" }, "The texts are the same."), settings.length > 0 && h("ul", { class: "settings" }, settings));
    } catch (error) {
      fill(result, trouble(error));
    }
  };
  show();
  return section("What changed since", { actions: [choice] }, result);
}

const KINDS = { "+": "ins", "-": "del" };

/** A unified diff; its first lines name the files, which are known here. */
function lines(text) {
  const told = text.split("\n").filter((line) => !/^(---|\+\+\+|@@)( |$)/.test(line));
  return h("pre", { class: "verbatim changes", dir: "auto", tabindex: "0", role: "region", "aria-label": "Changes" },
    told.map((line) => h(KINDS[line[0]] ?? "span", { class: "line" }, line.slice(1) || " ")));
}

function label(name, number) {
  openForm({
    title: `Point a label at version ${number}`,
    says: "Programs that ask for the label run this version from then on.",
    fields: [field("Label", h("input", { name: "label", required: true, value: "production", pattern: "[a-z0-9][a-z0-9._\\-]{0,63}", spellcheck: "false" }))],
    verb: "Set label",
    act: async (values) => {
      await api(`${place(name)}/labels/${encodeURIComponent(values.label)}`, { method: "PUT", body: { version_number: number } });
      notice(`${values.label} is version ${number} now`);
      again();
    },
  });
}

function archive(name) {
  confirmed(`Archive ${name}?`, "It leaves the list; its versions and runs stay.", "Archive", async () => {
    await api(place(name), { method: "DELETE" });
    location.hash = link("prompts");
  });
}
