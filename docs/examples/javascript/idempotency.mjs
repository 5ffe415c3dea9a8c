// A request that is sent twice is carried out once.
import { send } from "./promptyard.mjs";

const headers = { "idempotency-key": crypto.randomUUID() };
const body = { model: "demo/writer", prompt_text: "Explain event loops." };
const first = await send("POST", "/api/v1/playground/run", body, headers);
const again = await send("POST", "/api/v1/playground/run", body, headers);
console.log("one run:", first.headers.get("x-run-id") === again.headers.get("x-run-id"));
console.log("answered again:", again.headers.get("idempotent-replayed"));
