// A run's text as it comes, then its tokens, times and cost.
import { events, send } from "./promptyard.mjs";

const body = { model: "demo/writer", prompt_text: "Explain event loops.", stream: true };
for await (const { name, data } of events(await send("POST", "/api/v1/playground/run", body))) {
  if (name === "message") process.stdout.write(data.content);
  if (name === "done") {
    const { tokens_out, ttft_ms } = data.stats;
    console.log(`\n${tokens_out} tokens, the first after ${ttft_ms} ms, $${data.cost_usd}`);
  }
  if (name === "error") throw new Error(data.error.message);
}
