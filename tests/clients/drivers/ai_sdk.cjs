// AI SDK, with its provider for servers that are compatible with OpenAI.
const { createOpenAICompatible } = require("@ai-sdk/openai-compatible");
const { APICallError, generateText, jsonSchema, streamText, tool } = require("ai");
const { serve, toldOf } = require("./serving.cjs");

const usageOf = (usage) => ({ sent: usage.inputTokens, made: usage.outputTokens });

async function outcome(ask) {
  const provider = createOpenAICompatible({ name: "ours", baseURL: `${ask.url}/v1`, apiKey: "any", includeUsage: true });
  const user = { role: "user", content: ask.prompt };
  const tools = { [ask.tool.name]: tool({ inputSchema: jsonSchema(ask.tool.parameters) }) };
  const given = { model: provider(ask.model), messages: [user], maxRetries: 0 };
  if (ask.case === "text") {
    const answer = await generateText(given);
    return { text: answer.text, usage: usageOf(answer.usage) };
  }
  if (ask.case === "image") {
    const content = [{ type: "text", text: ask.prompt }, { type: "image", image: ask.image }];
    return { text: (await generateText({ ...given, messages: [{ role: "user", content }] })).text };
  }
  if (ask.case === "history") {
    const said = await generateText({ ...given, tools });
    const { toolCallId, toolName } = said.toolCalls[0];
    const result = { type: "tool-result", toolCallId, toolName, output: { type: "text", value: ask.told } };
    const messages = [user, ...said.response.messages, { role: "tool", content: [result] }];
    return { text: (await generateText({ ...given, messages, tools })).text };
  }
  const leaving = new AbortController();
  const stream = streamText({
    ...given,
    ...(ask.case === "tool" ? { tools } : {}),
    abortSignal: leaving.signal,
    onError: () => {},
  });
  const pieces = [];
  let reasoning = "", call = null, usage = null;
  for await (const part of stream.fullStream) {
    if (part.type === "text-delta") pieces.push(part.text);
    if (part.type === "tool-input-delta") pieces.push(part.delta);
    if (part.type === "reasoning-delta") reasoning += part.text;
    if (part.type === "tool-call") call = part;
    if (part.type === "finish") usage = usageOf(part.totalUsage);
    if (part.type === "error") return { pieces, error: toldOf(part.error) };
    if (ask.case === "cancel" && pieces.length) {
      leaving.abort();
      return { pieces };
    }
  }
  if (ask.case === "tool") return { pieces, tool: call.toolName, arguments: call.input };
  return { pieces, reasoning, usage };
}

serve(outcome, (error) => APICallError.isInstance(error));
