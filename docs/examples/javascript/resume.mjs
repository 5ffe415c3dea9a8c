// A stream that breaks off is read on from its last event.
import { events, send } from "./promptyard.mjs";

const body = { model: "demo/writer", prompt_text: "Explain event loops.", stream: true, resumable: true };
const response = await send("POST", "/api/v1/playground/run", body);
const run = response.headers.get("x-run-id");
const texts = [];
let last;
for await (const { id, data } of events(response)) {
  last = id;
  texts.push(data.content);
  if (texts.length === 3) break; // here the connection breaks
}
console.log(`after event ${last}: ${texts.join("")}`);

const rest = await send("GET", `/api/v1/playground/runs/${run}/events`, undefined, { "last-event-id": last });
for await (const { name, data } of events(rest)) {
  if (name === "message") texts.push(data.content);
}
console.log("whole:", texts.join(""));
