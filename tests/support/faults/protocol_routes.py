"""The routes of clients' protocols, as `fault_routes` has the others. Their errors have codes of their own: of a run
that failed no outcome is told here, but that its stream has exactly one end."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from tests.support.faults.fault_answers import SUCCEEDED
from tests.support.faults.fault_routes import Asked, Route, Told, TooLate

Body = Callable[[Asked], dict[str, Any]]
Read = Callable[[Any], str]


def _said(asked: Asked) -> list[dict[str, str]]:
    return [{"role": "user", "content": asked.prompt}]


def _text_of_response(answer: Any) -> str:
    parts = [part for item in answer["output"] if item["type"] == "message" for part in item["content"]]
    return "".join(part["text"] for part in parts)


WHOLE: Mapping[str, tuple[Body, Read]] = {
    "/v1/chat/completions": (
        lambda asked: {"model": asked.named, "messages": _said(asked)},
        lambda answer: answer["choices"][0]["message"]["content"] or "",
    ),
    "/v1/responses": (lambda asked: {"model": asked.named, "input": asked.prompt}, _text_of_response),
    "/v1/messages": (
        lambda asked: {"model": asked.named, "messages": _said(asked), "max_tokens": 1000},
        lambda answer: "".join(block["text"] for block in answer["content"] if block["type"] == "text"),
    ),
}


def _piece(event: Any) -> str:
    """Of the text, whatever the protocol."""
    if event.get("object") == "chat.completion.chunk":
        return "".join(choice["delta"].get("content") or "" for choice in event["choices"])
    if event.get("type") == "response.output_text.delta":
        return str(event["delta"])
    delta = event.get("delta") if event.get("type") == "content_block_delta" else None
    return str(delta.get("text", "")) if delta else ""


def _end(event: Any) -> str | None:
    """Whether the event is the stream's end, and whether the run failed."""
    if event == "[DONE]" or event.get("type") in {"response.completed", "response.incomplete", "message_stop"}:
        return SUCCEEDED
    failed = "choices" not in event and (event.get("type") in {"response.failed", "error"} or "error" in event)
    return "failed" if failed else None


def streamed(text: str) -> tuple[str, str]:
    """Outcome and text of a stream, which has exactly one end, and nothing after it."""
    data = [line.removeprefix("data: ") for line in text.split("\n") if line.startswith("data: ")]
    events = [event if event == "[DONE]" else json.loads(event) for event in data]
    ends = [_end(event) for event in events]
    assert [number for number, end in enumerate(ends) if end] == [len(events) - 1], text[-500:]
    return str(ends[-1]), "".join(_piece(event) for event in events if event != "[DONE]")


def _route(path: str, *, stream: bool) -> Route:
    body, read = WHOLE[path]

    async def route(asked: Asked) -> list[Told]:
        began = time.monotonic()
        response = await asked.client.post(path, json=body(asked) | {"stream": stream})
        seconds = time.monotonic() - began
        if response.status_code == 504 and "x-run-id" not in response.headers:
            raise TooLate
        assert "x-run-id" in response.headers, response.text
        text = None
        if response.status_code != 200:
            assert response.json()["error"]["message"], response.text
            outcome = None
        elif stream:
            ended, text = streamed(response.text)
            outcome = SUCCEEDED if ended == SUCCEEDED else None
        else:
            outcome, text = SUCCEEDED, read(response.json())
        return [Told(response.headers["x-run-id"], outcome, text, seconds, promises_counts=True)]

    return route


PROTOCOL_ROUTES: Mapping[str, Route] = {
    f"{path}{', streamed' if stream else ''}": _route(path, stream=stream) for path in WHOLE for stream in (False, True)
}
