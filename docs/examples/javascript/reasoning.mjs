// The thoughts of a model beside its answer, as both come.
import { events, send, setting } from "./promptyard.mjs";

const response = await send("POST", "/api/v1/playground/run", {
  model: setting("MODEL", "demo/thinker"),
  prompt_text: "Explain event loops.",
  parameters: { reasoning_effort: "low" },
  stream: true,
  events: ["reasoning"],
});
for await (const { name, data } of events(response)) {
  if (name === "reasoning") process.stdout.write(`\x1b[2m${data.reasoning}\x1b[0m`);
  if (name === "message") process.stdout.write(data.content);
  if (name === "done") console.log(`\n${data.stats.tokens_out} tokens`);
  if (name === "error") throw new Error(data.error.message);
}
