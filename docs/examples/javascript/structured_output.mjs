// An answer as JSON of a schema. The built-in models have none: it takes a provider's key, or MODEL of another one.
import { run, setting } from "./promptyard.mjs";

const schema = {
  type: "object",
  properties: { city: { type: "string" }, people: { type: "integer" } },
  required: ["city", "people"],
  additionalProperties: false,
};
const answer = await run({
  model: setting("MODEL", "openai/gpt-4o-mini"),
  prompt_text: "Which city is the capital of Switzerland, and how many people live there?",
  parameters: { response_format: { type: "json_schema", json_schema: { name: "city", strict: true, schema } } },
});
const found = JSON.parse(answer.output);
console.log(found.city, "has", found.people, "people");
