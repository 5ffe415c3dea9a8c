// @ts-check
/** A prompt's messages, to be read. */
import { h } from "./dom.js";
import { verbatim } from "./page.js";

/** @param {any[]} messages in the chat API's form */
export function messagesOf(messages) {
  if (messages.length === 0) return h("p", { class: "meta" }, "It was not kept.");
  return h("div", { class: "turns" }, messages.map((message) =>
    h("div", { class: "turn" }, h("div", { class: "meta" }, message.role), verbatim(textOf(message), `What the ${message.role} says`))));
}

function textOf({ content, tool_calls: calls }) {
  const parts = typeof content === "string" ? [content] : (content ?? []).map(partOf);
  return [...parts, ...(calls ?? []).map((call) => `${call.function.name}(${call.function.arguments})`)].join("\n");
}

function partOf(part) {
  if (part.type === "text") return part.text;
  if (part.type === "image_url") return `[image: ${shortened(part.image_url.url)}]`;
  return `[file: ${part.file?.filename ?? part.file?.file_id ?? "without a name"}]`;
}

const shortened = (url) => (url.startsWith("data:") ? url.slice(0, url.indexOf(",")) : url);
