"""What the clients are asked, and the fake provider of the models that are not `demo`'s."""

from collections.abc import Mapping
from typing import Any

from tests.support.samples.chat_answers import broken_stream, chat_json, chat_stream, failure
from tests.support.servers.fake_upstream import Answer, End, FakeUpstream, Received

PROVIDER: Mapping[str, str] = {"GROQ_API_KEY": "gsk-test"}
PROMPT = "What is the weather in Oslo"
TOO_LONG = "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
TOOL = {
    "name": "look_up",
    "description": "Looks the weather up.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city", "days"],
    },
}


def asked(url: str, model: str) -> dict[str, Any]:
    image, told = f"data:image/png;base64,{PIXEL}", "Rain, and 4 degrees."
    return {"url": url, "model": model, "prompt": PROMPT, "image": image, "tool": TOOL, "told": told}


def answer_as_provider(upstream: FakeUpstream) -> None:
    upstream.answer(_seen, model="sees")
    upstream.answer(failure(400, TOO_LONG, code="context_length_exceeded"), model="too-long")
    upstream.answer(broken_stream("Hello there", End.CUT), model="breaks-off")
    upstream.answer(broken_stream("Hello there", End.HANG), model="goes-on")


def _seen(request: Received) -> Answer:
    return chat_stream("I see it") if request.json.get("stream") else chat_json("I see it")
