// openai-js.
const OpenAI = require("openai");
const { serve } = require("./serving.cjs");

async function chat(client, ask) {
  const body = { model: ask.model, messages: [{ role: "user", content: ask.prompt }] };
  const tools = [{ type: "function", function: ask.tool }];
  if (ask.case === "text") {
    const answer = await client.chat.completions.create(body);
    return { text: answer.choices[0].message.content, usage: chatUsage(answer.usage) };
  }
  if (ask.case === "image") {
    const parts = [{ type: "text", text: ask.prompt }, { type: "image_url", image_url: { url: ask.image } }];
    const answer = await client.chat.completions.create({ ...body, messages: [{ role: "user", content: parts }] });
    return { text: answer.choices[0].message.content };
  }
  if (ask.case === "tool") {
    const stream = client.chat.completions.stream({ ...body, tools });
    const pieces = [];
    stream.on("tool_calls.function.arguments.delta", (event) => pieces.push(event.arguments_delta));
    const call = (await stream.finalMessage()).tool_calls[0];
    return { pieces, tool: call.function.name, arguments: JSON.parse(call.function.arguments) };
  }
  if (ask.case === "history") {
    const said = (await client.chat.completions.create({ ...body, tools })).choices[0].message;
    const told = { role: "tool", tool_call_id: said.tool_calls[0].id, content: ask.told };
    const messages = [...body.messages, said, told];
    const answer = await client.chat.completions.create({ ...body, messages, tools });
    return { text: answer.choices[0].message.content };
  }
  const stream = await client.chat.completions.create({
    ...body,
    stream: true,
    stream_options: { include_usage: true },
  });
  const pieces = [];
  let reasoning = "", usage = null;
  for await (const chunk of stream) {
    usage = chunk.usage ?? usage;
    for (const { delta } of chunk.choices) {
      reasoning += delta.reasoning_content ?? "";
      if (delta.content) pieces.push(delta.content);
    }
    if (ask.case === "cancel" && pieces.length) {
      stream.controller.abort();
      return { pieces };
    }
  }
  return { pieces, reasoning, usage: chatUsage(usage) };
}

async function responses(client, ask) {
  const body = { model: ask.model, input: [{ role: "user", content: ask.prompt }] };
  const tools = [{ type: "function", strict: null, ...ask.tool }];
  if (ask.case === "text") {
    const answer = await client.responses.create(body);
    return { text: answer.output_text, usage: responsesUsage(answer.usage) };
  }
  if (ask.case === "image") {
    const image = { type: "input_image", image_url: ask.image, detail: "auto" };
    const content = [{ type: "input_text", text: ask.prompt }, image];
    return { text: (await client.responses.create({ ...body, input: [{ role: "user", content }] })).output_text };
  }
  if (ask.case === "tool") {
    const stream = client.responses.stream({ ...body, tools });
    const pieces = [];
    stream.on("response.function_call_arguments.delta", (event) => pieces.push(event.delta));
    const call = (await stream.finalResponse()).output.find((item) => item.type === "function_call");
    return { pieces, tool: call.name, arguments: JSON.parse(call.arguments) };
  }
  if (ask.case === "history") {
    const said = (await client.responses.create({ ...body, tools })).output;
    const call = said.find((item) => item.type === "function_call");
    const told = { type: "function_call_output", call_id: call.call_id, output: ask.told };
    const input = [...body.input, ...said, told];
    return { text: (await client.responses.create({ ...body, input, tools })).output_text };
  }
  const stream = await client.responses.create({ ...body, stream: true });
  const pieces = [];
  let reasoning = "", usage = null;
  for await (const event of stream) {
    if (event.type === "response.output_text.delta") pieces.push(event.delta);
    if (event.type === "response.reasoning_summary_text.delta") reasoning += event.delta;
    if (event.type === "response.completed") usage = event.response.usage;
    if (event.type === "response.failed") {
      return { pieces, error: { kind: event.type, message: event.response.error.message } };
    }
    if (ask.case === "cancel" && pieces.length) {
      stream.controller.abort();
      return { pieces };
    }
  }
  return { pieces, reasoning, usage: responsesUsage(usage) };
}

const chatUsage = (usage) => usage && { sent: usage.prompt_tokens, made: usage.completion_tokens };
const responsesUsage = (usage) => usage && { sent: usage.input_tokens, made: usage.output_tokens };

async function outcome(ask) {
  const client = new OpenAI({ baseURL: `${ask.url}/v1`, apiKey: "any", timeout: 30_000 });
  if (ask.case !== "models") return { chat, responses }[ask.protocol](client, ask);
  const models = [];
  for await (const model of client.models.list()) models.push(model.id);
  return { models };
}

serve(outcome, (error) => error instanceof OpenAI.APIError);
