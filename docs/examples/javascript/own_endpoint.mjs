// A model of your own, behind an API of OpenAI's form: Ollama (the default here), vLLM on http://127.0.0.1:8000/v1 …
import { run, setting } from "./promptyard.mjs";

const answer = await run({
  provider: "custom",
  custom_base_url: setting("ENDPOINT", "http://127.0.0.1:11434/v1"),
  model: setting("MODEL", "llama3.2"),
  prompt_text: "Explain event loops.",
});
console.log(answer.output);
