"""What the providers publish of the requests that they refuse: a function a wire, which names the first rule broken,
None where the request would be taken. Bodies are as they are sent, but for Bedrock's, whose bytes stay bytes.
"""

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.support.servers.fake_upstream import Answer, Received

Rule = Callable[[Mapping[str, Any]], str | None]

IMAGE_TYPES = {"image/jpeg", "image/png", "image/gif", "image/webp"}


def openai_chat(body: Mapping[str, Any]) -> str | None:
    if body.get("tools") == []:
        return "tools: empty array"
    if ("tool_choice" in body or "parallel_tool_calls" in body) and "tools" not in body:
        return "tool_choice is only allowed when tools are specified"
    return next((broken for message in body["messages"] if (broken := _chat_message(message))), None)


def _chat_message(message: Mapping[str, Any]) -> str | None:
    known = {"role", "content", "name", "tool_calls", "tool_call_id", "refusal", "audio"}
    if unknown := message.keys() - known:
        return f"additional properties: {unknown}"
    if message.get("tool_calls") == []:
        return "tool_calls: empty array"
    if "content" not in message:
        return "content is required"
    if message["content"] is None and not (message["role"] == "assistant" and message.keys() - {"role", "content"}):
        return "content is null"
    if message["role"] == "tool" and "tool_call_id" not in message:
        return "tool_call_id is required"
    calls = message.get("tool_calls") or []
    if any(call.keys() != {"id", "type", "function"} for call in calls):
        return "additional properties of a tool call"
    parts = message["content"] if isinstance(message["content"], list) else []
    return next((broken for part in parts if (broken := _chat_part(part))), None)


def _chat_part(part: Mapping[str, Any]) -> str | None:
    if part.keys() != {"type", part["type"]}:
        return "additional properties of a part"
    url = part["image_url"]["url"] if part["type"] == "image_url" else "https://"
    return None if not url.startswith("data:") or _media_type(url) in IMAGE_TYPES else "unsupported image"


def openai_responses(body: Mapping[str, Any]) -> str | None:
    for item in body["input"]:
        if item.get("type") == "function_call" and not item.get("arguments"):
            return "arguments are required"
        if "role" in item and not item["content"]:
            return "content is empty"
        if item.get("type") == "reasoning" and not item.get("encrypted_content"):
            return "item not found: items are not persisted when store is false"
    return None


def anthropic(body: Mapping[str, Any]) -> str | None:
    if "temperature" in body and "top_p" in body:
        return "temperature and top_p cannot both be specified"
    messages = body["messages"]
    roles = [message["role"] for message in messages]
    if roles[0] != "user" or any(one == other for one, other in itertools.pairwise(roles)):
        return "roles must alternate between user and assistant"
    blocks = [block for message in messages for block in message["content"]]
    if any(not message["content"] for message in messages):
        return "content must be non-empty"
    if any(block["type"] in {"tool_use", "tool_result"} for block in blocks) and not body.get("tools"):
        return "requests with tool blocks must define tools"
    last = messages[-1]
    if last["role"] == "assistant" and last["content"][-1].get("text", "x")[-1:].isspace():
        return "final assistant content cannot end with trailing whitespace"
    return next((broken for block in _nested(blocks) if (broken := _anthropic_block(block))), None)


def _anthropic_block(block: Mapping[str, Any]) -> str | None:
    if block["type"] == "text" and not block["text"].strip():
        return "text content blocks must contain non-whitespace text"
    if block["type"] == "thinking" and not block.get("signature"):
        return "thinking.signature: field required"
    source = block.get("source", {})
    if block["type"] == "image" and source["type"] == "base64" and source["media_type"] not in IMAGE_TYPES:
        return "media_type is not supported"
    return None


def _nested(blocks: list[Any]) -> Iterator[Mapping[str, Any]]:
    for block in blocks:
        yield block
        yield from block.get("content", []) if block["type"] == "tool_result" else ()


def google(body: Mapping[str, Any]) -> str | None:
    contents = body["contents"]
    if any(not content["parts"] or content["role"] not in {"user", "model"} for content in contents):
        return "contents.parts must not be empty"
    parts = [part for content in contents for part in content["parts"]]
    if any(part.get("text") == "" for part in parts):
        return "contents.parts.data: required oneof field must have one initialized field"
    results = [part["functionResponse"]["response"] for part in parts if "functionResponse" in part]
    declared = [tool for group in body.get("tools", []) for tool in group["functionDeclarations"]]
    if '"$ref"' in json.dumps([declared, body.get("generationConfig"), _keys(results)]):
        return "reference to undefined schema"
    inline = [part["inlineData"]["mimeType"] for part in parts if "inlineData" in part]
    return "Unsupported MIME type" if "image/jpg" in inline or "image/svg+xml" in inline else None


def _keys(value: Any) -> Any:
    """The names of fields at any depth."""
    if isinstance(value, dict):
        return [[name, _keys(inner)] for name, inner in value.items()]
    return [_keys(inner) for inner in value] if isinstance(value, list) else None


def bedrock(body: Mapping[str, Any]) -> str | None:
    messages = body["messages"]
    roles = [message["role"] for message in messages]
    if roles[0] != "user" or any(one == other for one, other in itertools.pairwise(roles)):
        return "roles must alternate, and the first is user"
    blocks = [block for message in messages for block in message["content"]]
    results = [block["toolResult"] for block in blocks if "toolResult" in block]
    if any(not message["content"] for message in messages) or any(not result["content"] for result in results):
        return "content is empty"
    texts = [block["text"] for block in [*blocks, *(b for r in results for b in r["content"])] if "text" in block]
    if any(not text.strip() for text in texts):
        return "The text field in the ContentBlock object is blank"
    if (results or any("toolUse" in block for block in blocks)) and "toolConfig" not in body:
        return "The toolConfig field must be defined when using toolUse and toolResult content blocks"
    formats = [block["image"]["format"] for block in blocks if "image" in block]
    return "image format" if set(formats) - {"png", "jpeg", "gif", "webp"} else None


RULES: Mapping[str, Rule] = {
    "openai_compatible": openai_chat,
    "openai_responses": openai_responses,
    "anthropic": anthropic,
    "google": google,
    "bedrock": bedrock,
}
"""By wire."""


def _media_type(url: str) -> str:
    return url.removeprefix("data:").partition(";")[0]


def held_to(wire: str, answer: Answer) -> Callable[[Received], Answer]:
    """A script for the fake upstream: that answer, or a 400 for a request that breaks the wire's rules."""

    def script(request: Received) -> Answer:
        broken = RULES[wire](request.json)
        if broken is None:
            return answer
        refusal = json.dumps({"error": {"message": broken, "type": "invalid_request_error"}})
        return Answer([refusal.encode()], 400, {"content-type": "application/json"})

    return script
