// One prompt on several models at once. A target that fails does not stop the others.
import { events, send } from "./promptyard.mjs";

const targets = [{ model: "demo/writer" }, { model: "demo/thinker" }, { model: "no-such-model" }];
const body = { prompt_text: "Explain event loops.", targets };
for await (const { name, data } of events(await send("POST", "/api/v1/playground/compare", body))) {
  if (name.startsWith("done:")) console.log(targets[data.index].model, "took", data.stats.latency_ms, "ms");
  if (name.startsWith("error:")) console.log(targets[data.index].model, "failed:", data.error.code, data.error.message);
}
