// @ts-check
/** Files that become a dataset's versions, and versions that become files. */
import { address, api, ApiError, request } from "../lib/api.js";
import { h } from "../lib/dom.js";

/** What a request's body may hold; a larger file is uploaded apart. */
const LARGEST_BODY = 4_900_000;
const LOOK_MS = 500;
const TYPES = { jsonl: "application/x-ndjson", ndjson: "application/x-ndjson", json: "application/json", csv: "text/csv" };

/** @param {string} id of the dataset @param {File} file raises ApiError for one that is not taken */
export async function sendFile(id, file) {
  const type = TYPES[file.name.split(".").at(-1)?.toLowerCase() ?? ""];
  const path = `api/v1/datasets/${encodeURIComponent(id)}/versions`;
  if (file.size <= LARGEST_BODY) return api(path, { method: "POST", body: file, headers: type ? { "content-type": type } : {} });
  const upload = await api(path, { method: "POST", body: { upload: true } });
  const url = new URL(upload.url, address(""));
  if (url.origin !== location.origin) throw new ApiError({ status: 0, code: "too_large", message: "This server takes files over 5 MB at another address, which the page does not call" });
  await request(url.href, { method: "PUT", body: file, headers: type ? { "content-type": type } : {} });
  return taken(`api/v1/datasets/${encodeURIComponent(id)}/uploads/${upload.upload_id ?? upload.id}`);
}

async function taken(path) {
  for (;;) {
    const upload = await api(path);
    if (upload.status === "refused") throw new ApiError({ status: 422, code: "validation", message: upload.error?.message ?? "The file was refused" });
    if (upload.status === "taken") return upload;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Saves what the API answers as a file: a link alone would not send the key. */
export async function download(path, query, name) {
  const response = await request(path, { query });
  const href = URL.createObjectURL(await response.blob());
  h("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}
