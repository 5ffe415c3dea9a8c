// Anthropic's SDK for JavaScript.
const Anthropic = require("@anthropic-ai/sdk");
const { serve } = require("./serving.cjs");

const text = (answer) => answer.content.filter((block) => block.type === "text").map((block) => block.text).join("");
const usage = (answer) => ({ sent: answer.usage.input_tokens, made: answer.usage.output_tokens });

async function outcome(ask) {
  const client = new Anthropic({ baseURL: ask.url, apiKey: "any", timeout: 30_000 });
  const tools = [{ name: ask.tool.name, input_schema: ask.tool.parameters }];
  const body = { model: ask.model, max_tokens: 500, messages: [{ role: "user", content: ask.prompt }] };
  if (ask.case === "models") {
    const models = [];
    for await (const model of client.models.list()) models.push(model.id);
    return { models };
  }
  if (ask.case === "text") {
    const answer = await client.messages.create(body);
    return { text: text(answer), usage: usage(answer) };
  }
  if (ask.case === "image") {
    const [header, data] = ask.image.split(";base64,");
    const image = { type: "image", source: { type: "base64", media_type: header.slice("data:".length), data } };
    const content = [image, { type: "text", text: ask.prompt }];
    return { text: text(await client.messages.create({ ...body, messages: [{ role: "user", content }] })) };
  }
  if (ask.case === "history") {
    const said = await client.messages.create({ ...body, tools });
    const call = said.content.find((block) => block.type === "tool_use");
    const result = { type: "tool_result", tool_use_id: call.id, content: ask.told };
    const turns = [{ role: "assistant", content: said.content }, { role: "user", content: [result] }];
    return { text: text(await client.messages.create({ ...body, messages: [...body.messages, ...turns], tools })) };
  }
  const stream = client.messages.stream(ask.case === "tool" ? { ...body, tools } : body);
  const pieces = [];
  let reasoning = "";
  for await (const event of stream) {
    if (event.type !== "content_block_delta") continue;
    if (event.delta.type === "text_delta") pieces.push(event.delta.text);
    if (event.delta.type === "input_json_delta") pieces.push(event.delta.partial_json);
    if (event.delta.type === "thinking_delta") reasoning += event.delta.thinking;
    if (ask.case === "cancel" && pieces.length) {
      stream.controller.abort();
      return { pieces };
    }
  }
  const answer = await stream.finalMessage();
  if (ask.case === "tool") {
    const call = answer.content.find((block) => block.type === "tool_use");
    return { pieces, tool: call.name, arguments: call.input };
  }
  return { pieces, reasoning, usage: usage(answer) };
}

serve(outcome, (error) => error instanceof Anthropic.APIError);
