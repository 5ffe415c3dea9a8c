// @ts-check
/** Calls of the API that this page is served by: under the same origin, and under the page's own path. */
import { apiKey } from "./keys.js";
import { whatToDo } from "./trouble.js";

const BASE = new URL(".", document.baseURI);

/** The whole address of a route: `api/v1/models`, with the stage that the page stands under. */
export function address(path, query = {}) {
  const url = new URL(path, BASE);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") url.searchParams.set(name, String(value));
  }
  return url;
}

/** What went wrong: a sentence, the code, what to do. */
export class ApiError extends Error {
  /** @param {{status: number, code: string, message: string, retryable?: boolean, requestId?: string | null, fields?: {loc: any[], msg: string, type: string}[], body?: any}} facts */
  constructor({ status, code, message, retryable = false, requestId = null, fields = [], body = null }) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryable = retryable;
    this.requestId = requestId;
    this.fields = fields;
    this.body = body;
    this.hint = whatToDo(code);
  }
}

/**
 * An answer in JSON (a text where it is none; null where it is empty).
 * @param {string} path relative: `api/v1/…`
 * @param {{method?: string, query?: Record<string, any>, body?: any, headers?: Record<string, string>, signal?: AbortSignal}} [options]
 *   `body` is sent as JSON; a string or Blob as it is
 */
export async function api(path, options = {}) {
  const response = await request(path, options);
  const text = await response.text();
  if (!text) return null;
  return (response.headers.get("content-type") ?? "").includes("json") ? JSON.parse(text) : text;
}

/** The response itself, for streams and files. Raises ApiError for whatever is not a 2xx. */
export async function request(path, { method = "GET", query, body, headers = {}, signal } = {}) {
  const sent = { accept: "application/json, text/event-stream;q=0.9, */*;q=0.5", ...headers };
  const key = apiKey();
  if (key) sent.authorization = `Bearer ${key}`;
  let payload = body;
  if (body !== undefined && typeof body !== "string" && !(body instanceof Blob)) {
    payload = JSON.stringify(body);
    sent["content-type"] = "application/json";
  }
  let response;
  try {
    response = await fetch(address(path, query), { method, headers: sent, body: payload, signal, cache: "no-store" });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError({ status: 0, code: "unreachable", message: "The server cannot be reached", retryable: true });
  }
  if (response.ok) return response;
  const failure = await failureOf(response);
  if (failure.status === 401) document.dispatchEvent(new CustomEvent("key-wanted"));
  throw failure;
}

async function failureOf(response) {
  const text = await response.text().catch(() => "");
  let body = null;
  try {
    body = JSON.parse(text);
  } catch {
    // A proxy's page, or nothing.
  }
  const told = body?.error ?? {};
  const fields = Array.isArray(body?.detail) ? body.detail : [];
  const detail = typeof body?.detail === "string" ? body.detail : null;
  const [first] = fields;
  const field = first ? [place(first.loc), first.msg].filter(Boolean).join(": ") : null;
  return new ApiError({
    status: response.status,
    code: told.code ?? `http_${response.status}`,
    message: field ?? told.message ?? detail ?? `The server answered ${response.status}`,
    retryable: told.retryable ?? response.status >= 500,
    requestId: told.request_id ?? response.headers.get("x-request-id"),
    fields,
    body,
  });
}

const place = (loc) => (loc ?? []).filter((part) => part !== "body").join(".");
