// @ts-check
/** Files of drafts, as data URLs, in IndexedDB: they are too large for what keeps the texts. */

/** @type {Map<string, string>} those of this page's life: also where a browser has no IndexedDB */
const memory = new Map();

/** @returns {Promise<IDBObjectStore | null>} */
function opened(mode) {
  return new Promise((resolve) => {
    let request;
    try {
      request = indexedDB.open("promptyard", 1);
    } catch {
      return resolve(null);
    }
    request.onupgradeneeded = () => request.result.createObjectStore("files");
    request.onerror = () => resolve(null);
    request.onsuccess = () => resolve(request.result.transaction("files", mode).objectStore("files"));
  });
}

const done = (request) => new Promise((resolve) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => resolve(undefined);
});

/** @param {string} dataUrl @returns {Promise<string>} the name under which it is kept */
export async function keepFile(dataUrl) {
  const id = crypto.randomUUID();
  memory.set(id, dataUrl);
  const store = await opened("readwrite");
  if (store) await done(store.put(dataUrl, id));
  return id;
}

/** @returns {Promise<string | null>} */
export async function fileOf(id) {
  const known = memory.get(id);
  if (known !== undefined) return known;
  const store = await opened("readonly");
  const found = store ? await done(store.get(id)) : undefined;
  if (typeof found === "string") memory.set(id, found);
  return found ?? null;
}

/** Forgets every file that is not named. @param {Set<string>} named */
export async function keepOnly(named) {
  const store = await opened("readwrite");
  if (!store) return;
  for (const id of /** @type {string[]} */ (await done(store.getAllKeys())) ?? []) {
    if (!named.has(id) && !memory.has(id)) store.delete(id);
  }
}
