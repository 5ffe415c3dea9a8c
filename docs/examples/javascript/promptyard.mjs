// What the examples share: requests and events. It runs in Node 20 and later, and in browsers: there the settings stand in the
// page's address, and the server's PROMPTYARD_CORS_ORIGINS names the page's origin.

const environment = globalThis.process?.env ?? Object.fromEntries(new URLSearchParams(globalThis.location?.search));
const base = environment.PROMPTYARD_URL ?? "http://127.0.0.1:8000";
const authorization = `Bearer ${environment.PROMPTYARD_API_KEY ?? "none"}`;

/** An answer that is an error: `status` is HTTP's; `code`, `retryable` and `provider_status` are in `error`. */
export class ApiError extends Error {
  constructor(response, body) {
    super(body.error?.message ?? `HTTP ${response.status}`);
    this.status = response.status;
    this.error = body.error ?? {};
    this.retryAfter = Number(response.headers.get("retry-after") ?? 1);
  }
}

/** The response to a request whose body is JSON. Throws ApiError. */
export async function send(method, path, body, headers = {}) {
  const response = await fetch(base + path, {
    method,
    headers: { authorization, "content-type": "application/json", ...headers },
    body: body && JSON.stringify(body),
  });
  if (!response.ok) throw new ApiError(response, await response.json());
  return response;
}

/** A whole answer. */
export async function run(body) {
  return (await send("POST", "/api/v1/playground/run", body)).json();
}

/** The events of a stream: `{id, name, data}`. */
export async function* events(response) {
  let rest = "";
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + text).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const fields = Object.fromEntries(
        block.split("\n").filter((line) => !line.startsWith(":")).map((line) => line.split(/: (.*)/s, 2)),
      );
      if (fields.data) yield { id: fields.id, name: fields.event ?? "message", data: JSON.parse(fields.data) };
    }
  }
}

/** A setting of the example's, such as MODEL. */
export const setting = (name, otherwise) => environment[name] ?? otherwise;
