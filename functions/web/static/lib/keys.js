// @ts-check
/**
 * Keys that a person typed: the API's, and providers'. In memory alone, unless the person says where to keep them:
 * `tab` is this tab's session storage, `device` the browser's storage.
 */

/** @typedef {"memory" | "tab" | "device"} Keeping */

const PREFIX = "promptyard.key.";
/** @type {Map<string, string>} */
const memory = new Map();

/** @param {string} name `api`, or `provider:openai` @returns {string} empty where there is none */
export function keyOf(name) {
  return memory.get(name) ?? read(sessionStorage, name) ?? read(localStorage, name) ?? "";
}

/** @param {string} name @param {string} key empty: forget it @param {Keeping} keeping */
export function keepKey(name, key, keeping = "memory") {
  memory.delete(name);
  for (const storage of [sessionStorage, localStorage]) write(storage, name, null);
  if (!key) return;
  memory.set(name, key);
  if (keeping === "tab") write(sessionStorage, name, key);
  if (keeping === "device") write(localStorage, name, key);
}

/** Where a key is kept. @returns {Keeping} */
export function keptWhere(name) {
  if (read(localStorage, name)) return "device";
  return read(sessionStorage, name) ? "tab" : "memory";
}

export const apiKey = () => keyOf("api");

function read(storage, name) {
  try {
    return storage.getItem(PREFIX + name);
  } catch {
    return null; // a browser without storage
  }
}

function write(storage, name, key) {
  try {
    if (key === null) storage.removeItem(PREFIX + name);
    else storage.setItem(PREFIX + name, key);
  } catch {
    // A browser without storage, or a full one: then it is kept in memory alone.
  }
}
