// @ts-check
/**
 * What the browser keeps of a person's work. Texts go to localStorage, which is written before the call returns: nothing
 * typed is lost with the page. Files go to IndexedDB, and the texts name them.
 */

const PREFIX = "promptyard.";

/** @returns {any} null where there is nothing, or no storage */
export function stored(name) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name) ?? "null");
  } catch {
    return null;
  }
}

/** @param {string} name @param {any} value null removes it @returns {boolean} whether it is kept now */
export function store(name, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
    return true;
  } catch {
    return false; // no storage, or it is full
  }
}

/** The names that begin so, without the beginning. */
export function storedNames(beginning) {
  const found = [];
  try {
    for (let at = 0; at < localStorage.length; at++) {
      const name = localStorage.key(at) ?? "";
      if (name.startsWith(PREFIX + beginning)) found.push(name.slice((PREFIX + beginning).length));
    }
  } catch {
    // No storage.
  }
  return found;
}

/** This tab's own value, which a reload keeps and another tab does not see. */
export const ofTab = {
  get(name) {
    try {
      return JSON.parse(sessionStorage.getItem(PREFIX + name) ?? "null");
    } catch {
      return null;
    }
  },
  set(name, value) {
    try {
      if (value === null) sessionStorage.removeItem(PREFIX + name);
      else sessionStorage.setItem(PREFIX + name, JSON.stringify(value));
    } catch {
      // No storage: a reload begins anew.
    }
  },
};
