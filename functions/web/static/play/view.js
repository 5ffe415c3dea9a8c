// @ts-check
/** The playground: a prompt at the left, its answers at the right. It stays as it is while other views are looked at. */
import { ofTab } from "../lib/drafts.js";
import { copyText, fill, h, icon, notice } from "../lib/dom.js";
import { time } from "../lib/format.js";
import { link, renameTo } from "../lib/router.js";
import { trouble } from "../lib/trouble.js";
import { Columns } from "./columns.js";
import { divider } from "./divider.js";
import { emptyDraft, newTarget, MOST_TARGETS } from "./draft.js";
import { Editor } from "./editor.js";
import { menu } from "./menu.js";
import { playgroundChip } from "./playground-chip.js";
import { callOf } from "./requests.js";
import { draftOfRuns, draftOfVersion, nextTurn, targetOf } from "./restore.js";
import { SavedDrafts } from "./saved-drafts.js";
import { Session, found, recorded } from "./session.js";
import { listenToKeys, openKeys } from "./shortcuts.js";
import { Targets } from "./targets.js";

/** @type {Promise<Playground> | null} */
let only = null;

/** @param {import("../lib/router.js").Route} route */
export async function view(route) {
  only ??= SavedDrafts.opened().then((drafts) => new Playground(drafts));
  const playground = await only;
  playground.goTo(route);
  return playground.element;
}

const LEVELS = { "": "Models side by side", lite: "Raw against compressed: lite", full: "Raw against compressed: full", ultra: "Raw against compressed: ultra" };

class Playground {
  /** @type {Session | null} */
  #session = null;
  /** What the answers that are shown are to. @type {import("./draft.js").Draft | null} */
  #asked = null;
  #run = h("button", { type: "button", class: "primary run", onclick: () => this.run() }, icon("play"), "Run", h("kbd", { "aria-hidden": "true" }, /Mac|iP/.test(navigator.platform) ? "⌘ ↵" : "Ctrl ↵"));
  #stop = h("button", { type: "button", class: "run", hidden: true, onclick: () => this.stop() }, icon("stop"), "Stop", h("kbd", { "aria-hidden": "true" }, "Esc"));
  #problem = h("div");
  #kept = h("span", { class: "meta faint kept", role: "status" });
  #mode = h("select", { class: "mode", "aria-label": "What is compared", onchange: () => this.#setMode() }, ...Object.entries(LEVELS).map(([value, text]) => h("option", { value }, text)));
  #place = h("div", { class: "answers" });

  /** @param {SavedDrafts} drafts */
  constructor(drafts) {
    this.drafts = drafts;
    drafts.saved = (kept) => (this.#kept.textContent = kept ? "Draft kept" : "The browser keeps no more: save this as a version");
    const changed = () => this.#changed();
    this.editor = new Editor(drafts.draft, changed);
    this.targets = new Targets(() => drafts.draft, changed);
    this.playground = playgroundChip(() => drafts.draft, changed);
    this.columns = new Columns({ goOn: (answer) => this.#goOn(answer), again: () => this.run() });
    this.element = h("div", { class: "play" });
    this.element.append(this.#pane(), divider(this.element), this.#place);
    this.#empty();
    this.#mode.value = drafts.draft.compress ?? "";
    listenToKeys({ run: () => this.run(), stop: () => this.stop(), column: (number) => this.columns.focus(number), diff: () => this.#diff(), search: () => this.targets.pick() }, () => this.element.isConnected);
    document.addEventListener("key-given", () => this.#session?.error && this.run());
  }

  #pane() {
    const save = h("button", { type: "button", class: "quiet", onclick: () => this.#save() }, icon("save"), "Save");
    return h("section", { class: "pane", "aria-label": "Prompt" },
      h("header", { class: "row" }, h("h1", { class: "grow" }, "Prompt"), this.#kept, save, ...menu({ glyph: "more", label: "More" }, () => this.#items())),
      h("div", { class: "scroll" }, this.editor.element, this.targets.element, this.#mode, this.playground.element),
      this.#problem,
      h("div", { class: "go" }, this.#run, this.#stop));
  }

  #items() {
    const others = this.drafts.others().slice(0, 8);
    return [
      { label: "New prompt", glyph: "plus", act: () => this.#replace(emptyDraft(this.drafts.draft)) },
      { label: "Copy link", glyph: "link", act: () => this.#copy(this.#link(), "Run it first: a link is of its answers.") },
      { label: "Copy as curl", glyph: "copy", act: () => this.#copyCall("asCurl") },
      { label: "Copy as Python", glyph: "copy", act: () => this.#copyCall("asPython") },
      { label: "Word diff", glyph: "diff", act: () => this.#diff() },
      { label: "Keys", glyph: "keyboard", act: openKeys },
      ...others.map(({ at, draft }) => ({ label: `${time(at)} · ${draft.messages[0].text.trim().slice(0, 36) || "empty"}`, glyph: "history", act: () => this.#replace(draft) })),
    ];
  }

  async #save() {
    const { openSave } = await import("./save-version.js");
    openSave(this.drafts.draft, () => this.#changed());
  }

  /** @param {"asCurl" | "asPython"} form */
  async #copyCall(form) {
    try {
      const samples = await import("./samples.js");
      await this.#copy(samples[form](await callOf(this.drafts.draft)));
    } catch (error) {
      notice(error.message);
    }
  }

  /** The address of what is shown: its id, nothing of its content. */
  #link() {
    const id = this.#session?.kept.id;
    return id ? new URL(link("play", id), location.href).href : "";
  }

  async #copy(text, otherwise = "") {
    if (!text) return notice(otherwise);
    await copyText(text);
  }

  #changed() {
    fill(this.#problem);
    this.drafts.save();
  }

  #setMode() {
    this.drafts.draft.compress = this.#mode.value || null;
    this.targets.show();
    this.#changed();
  }

  #replace(draft) {
    this.drafts.replace(draft);
    this.editor.show(this.drafts.draft);
    this.targets.show();
    this.playground.show();
    this.#mode.value = this.drafts.draft.compress ?? "";
    this.editor.focus();
  }

  /** What the address asks for. @param {import("../lib/router.js").Route} route */
  async goTo({ path: [id], query }) {
    const models = [...new URLSearchParams(location.search).getAll("models"), ...query.getAll("models")].slice(0, MOST_TARGETS);
    const version = query.get("version");
    try {
      if (version) this.#replace(await draftOfVersion(version, this.drafts.draft));
      if (query.get("playground")) this.#replace({ ...this.drafts.draft, playground: query.get("playground") });
      if (models.length > 0) this.#replace({ ...this.drafts.draft, targets: models.map((model) => newTarget(model)) });
      if (version || models.length > 0 || query.get("playground")) history.replaceState(null, "", `${location.pathname}#/play`);
      const shown = ofTab.get("shown");
      if (id && id !== this.#session?.kept.id) await this.#open(id, shown?.id === id ? shown : null);
      else if (!id && this.#session?.kept.id) renameToOwn(this.#session.kept.id);
      else if (!id && !this.#session && shown?.call) this.#resume(shown);
    } catch (error) {
      fill(this.#place, trouble(error));
    }
    // As soon as it stands in the page.
    setTimeout(() => !this.#session && document.activeElement === document.body && this.#run.focus());
  }

  /** Shows what an id names; what this tab asked for itself is in its draft already. */
  async #open(id, own) {
    const { isRun, runs } = own ? { isRun: own.isRun, runs: await recorded(own) } : await found(id);
    if (!own) this.#replace(await draftOfRuns(runs));
    const targets = own?.targets ?? columnsOf(runs);
    const session = new Session({ key: "", id, isRun, call: null, compress: Boolean(this.drafts.draft.compress), retries: {}, ...own, targets });
    const isGoing = runs.some((run) => run.status === "running") || runs.length < targets.length;
    if (!isGoing) runs.forEach((run, index) => session.answers[index]?.takeRecord(run));
    this.#show(session);
    session.resumeRetries();
    if (isGoing) session.follow();
  }

  #resume(kept) {
    const session = new Session(kept);
    this.#show(session);
    session.follow();
  }

  #show(session) {
    this.#session?.leave();
    this.#session = session;
    this.#asked = structuredClone(this.drafts.draft);
    fill(this.#place, this.columns.element);
    this.columns.show(session);
    session.changed = () => this.#told(session);
    this.#told(session);
  }

  #told(session) {
    if (session !== this.#session) return;
    ofTab.set("shown", session.kept);
    if (session.kept.id && this.element.isConnected !== false) renameToOwn(session.kept.id);
    this.columns.update();
    this.#run.hidden = !session.isOver;
    this.#stop.hidden = session.isOver;
    this.#stop.disabled = session.stopping;
  }

  async run() {
    if (this.#session && !this.#session.isOver) return;
    const { draft } = this.drafts;
    this.drafts.save();
    try {
      const call = await callOf(draft);
      const shown = draft.compress ? ["raw", draft.compress].map((badge) => ({ ...draft.targets[0], badge })) : draft.targets;
      const session = Session.begun(call, structuredClone(shown), Boolean(draft.compress));
      renameTo("#/play");
      this.#show(session);
      if (innerWidth <= 760) this.#place.scrollIntoView();
      await session.follow();
    } catch (error) {
      fill(this.#problem, trouble({ code: error.code ?? "validation", message: error.message }));
    }
  }

  stop() {
    const session = this.#session;
    if (!session || session.isOver) return;
    session.stop().catch((error) => notice(error.message));
    this.#told(session);
  }

  #goOn(answer) {
    this.#replace(nextTurn(this.#asked ?? this.drafts.draft, answer));
  }

  async #diff() {
    const answers = (this.#session?.answers ?? []).filter((answer) => answer.text).map(({ target, text }) => ({ name: target.badge ?? target.model, text }));
    if (answers.length < 2) return notice("A diff is of two answers: run two models first.");
    const { openDiff } = await import("./diff-view.js");
    openDiff(answers);
  }

  #empty() {
    fill(this.#place, h("div", { class: "empty" }, h("p", null, "The answers come here, side by side."), h("p", { class: "meta" }, "The two demo models need no key. ", h("kbd", null, "?"), " lists the keys.")));
  }
}

const columnsOf = (runs) => runs.map((run, index) => ({ ...targetOf(run), ...(run.endpoint_tag === "compression" ? { badge: index === 0 ? "raw" : "compressed" } : {}) }));

/** The address names what is shown, where the playground is what is shown. */
function renameToOwn(id) {
  if (/^(#\/?(play.*)?)?$/.test(location.hash)) renameTo(`#/play/${id}`);
}
