// @ts-check
/**
 * Drafts in the browser: one for each tab, written with every key that is pressed. A tab that is opened anew begins with
 * the newest one, as a draft of its own; the older ones stay to be taken up again.
 */
import { store, stored, storedNames, ofTab } from "../lib/drafts.js";
import { keepOnly } from "../lib/files.js";
import { firstDraft } from "./draft.js";

/** @typedef {import("./draft.js").Draft} Draft */

const KEPT = 40;

export class SavedDrafts {
  /** @type {string} */
  #id = "";
  /** @type {Draft} */
  draft = firstDraft();
  /** @type {(kept: boolean) => void} */
  saved = () => {};

  static async opened() {
    const drafts = new SavedDrafts();
    const own = ofTab.get("draft");
    const kept = own && stored(`draft.${own}`);
    // A tab that was made as a copy of another one has its name, too; only one of them may go on with it.
    if (kept && (await isFree(own))) drafts.#take(own, kept.draft);
    else drafts.#begin(kept ?? listed()[0]);
    forgetOldest();
    return drafts;
  }

  #begin(kept) {
    this.#take(crypto.randomUUID(), kept ? kept.draft : firstDraft());
    isFree(this.#id);
  }

  #take(id, draft) {
    this.#id = id;
    this.draft = { ...firstDraft(), ...draft };
    ofTab.set("draft", id);
  }

  /** What is written now counts. */
  save() {
    this.saved(store(`draft.${this.#id}`, { at: Date.now(), draft: this.draft }));
  }

  /** Goes on with another one; what was there stays among the drafts. @param {Draft} draft */
  replace(draft) {
    this.save();
    this.#take(crypto.randomUUID(), structuredClone(draft));
    isFree(this.#id);
    this.save();
  }

  /** The other ones, newest first. */
  others() {
    return listed().filter(({ id }) => id !== this.#id);
  }
}

/** @returns {{id: string, at: number, draft: Draft}[]} newest first */
function listed() {
  return storedNames("draft.")
    .map((id) => ({ id, ...stored(`draft.${id}`) }))
    .filter(({ draft }) => draft)
    .sort((a, b) => b.at - a.at);
}

function forgetOldest() {
  const all = listed();
  for (const { id } of all.slice(KEPT)) store(`draft.${id}`, null);
  keepOnly(new Set(all.slice(0, KEPT).flatMap(({ draft }) => draft.messages.flatMap(({ files }) => files.map(({ id }) => id)))));
}

/** Whether no other tab has it; from now on this one has, for as long as it lives. */
function isFree(id) {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    navigator.locks.request(`promptyard.draft.${id}`, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock === null ? undefined : new Promise(() => {});
    });
  });
}
