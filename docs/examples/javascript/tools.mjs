// A model asks for a tool, a program calls it, and a second turn gives the model what it said.
import { run, setting } from "./promptyard.mjs";

const weather = ({ city }) => `It is 21 °C in ${city}.`;
const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const tools = [{ type: "function", function: { name: "weather", description: "The weather now", parameters } }];
const messages = [{ role: "user", content: "What is the weather in Bern?" }];

let answer;
for (;;) {
  answer = await run({ model: setting("MODEL", "demo/writer"), messages, parameters: { tools } });
  if (!answer.tool_calls) break;
  messages.push(answer.message); // as it is: it holds what the provider wants back
  for (const call of answer.tool_calls) {
    const said = weather(JSON.parse(call.function.arguments));
    console.log("the tool says:", said);
    messages.push({ role: "tool", tool_call_id: call.id, content: said });
  }
}
console.log(answer.output);
