"""What answers look like on each wire, by their parts: what faults are made of, alike for all wires."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.support.servers import fake_bedrock

EVENT_STREAM = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Counts:
    """What the provider says it counted, as it says it: it may say anything."""

    read: Any
    written: Any
    of_all: Any = None
    cached: Any = None

    def named(self, *names: str | None) -> dict[str, Any]:
        """`read`, `written`, `of_all`, `cached` by these names; what is None is left out."""
        pairs = zip(names, (self.read, self.written, self.of_all, self.cached), strict=True)
        return {name: count for name, count in pairs if name is not None and count is not None}


@dataclass(frozen=True, slots=True)
class WireForm:
    """A wire, and where it is spoken. `piece(text)`, `finish(counts)` and `failed(message)` are events of a stream, and
    `whole(text, counts)` is an answer that is none."""

    name: str
    provider: str
    model: str
    path: str
    """What the path of a request holds."""
    media_type: str
    opening: Callable[[Counts | None], bytes]
    piece: Callable[[str], bytes]
    finish: Callable[[Counts | None], Sequence[bytes]]
    """The last of them is the terminal event."""
    failed: Callable[[str], bytes]
    whole: Callable[[str, Counts | None], bytes]
    refusal: Callable[[str], bytes]
    """The body of an error."""
    unreadable: bytes
    """An event that nobody can read."""
    unknown: bytes
    """An event that is of no kind that is known."""
    endless: bytes
    """How an event begins that may be of any length."""
    raw_text: Callable[[bytes], bytes]
    """An event of text whose bytes need not be UTF-8."""
    splits: bool = True
    """Its events are lines of text: bytes between them, and comments, are no fault."""


def sse(data: Any, event: str | None = None) -> bytes:
    text = data if isinstance(data, bytes) else json.dumps(data, separators=(",", ":")).encode()
    return (b"" if event is None else b"event: " + event.encode() + b"\n") + b"data: " + text + b"\n\n"


def _raw(piece: Callable[[str], bytes]) -> Callable[[bytes], bytes]:
    return lambda text: piece("#raw#").replace(b"#raw#", text)


# --- OpenAI's Chat Completions


def _chat(delta: dict[str, Any] | None, finish_reason: str | None = None, **fields: Any) -> bytes:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish_reason}]
    return sse({"id": "c-1", "object": "chat.completion.chunk", "choices": choices, **fields})


def _chat_usage(counts: Counts | None) -> dict[str, Any]:
    if counts is None:
        return {}
    told = counts.named("prompt_tokens", "completion_tokens", "total_tokens", None)
    return {
        "usage": told | ({} if counts.cached is None else {"prompt_tokens_details": {"cached_tokens": counts.cached}})
    }


def _chat_whole(text: str, counts: Counts | None) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return json.dumps({"object": "chat.completion", "choices": [choice], **_chat_usage(counts)}).encode()


def _chat_piece(text: str) -> bytes:
    return _chat({"content": text})


def _openai_refusal(message: str) -> bytes:
    return json.dumps({"error": {"message": message, "type": "server_error", "param": None, "code": None}}).encode()


CHAT = WireForm(
    name="chat",
    provider="openai",
    model="gpt-4o",
    path="/chat/completions",
    media_type=EVENT_STREAM,
    opening=lambda _: _chat({"role": "assistant", "content": ""}),
    piece=_chat_piece,
    finish=lambda counts: [
        _chat({}, "stop"),
        *([] if counts is None else [_chat(None, **_chat_usage(counts))]),
        b"data: [DONE]\n\n",
    ],
    failed=lambda message: sse(_openai_refusal(message)),
    whole=_chat_whole,
    refusal=_openai_refusal,
    unreadable=b"data: {not json\n\n",
    unknown=sse({"object": "news", "choices": []}),
    endless=b"data: ",
    raw_text=_raw(_chat_piece),
)


# --- OpenAI's Responses


def _response(kind: str, **fields: Any) -> bytes:
    return sse({"type": f"response.{kind}", **fields}, f"response.{kind}")


def _response_object(status: str, text: str | None, counts: Counts | None) -> dict[str, Any]:
    content = [{"type": "output_text", "annotations": [], "text": text}]
    item = {"id": "m-1", "type": "message", "status": "completed", "role": "assistant", "content": content}
    told = None if counts is None else counts.named("input_tokens", "output_tokens", "total_tokens", None)
    if told is not None and counts is not None and counts.cached is not None:
        told["input_tokens_details"] = {"cached_tokens": counts.cached}
    return {"id": "r-1", "status": status, "error": None, "output": [] if text is None else [item], "usage": told}


def _response_piece(text: str) -> bytes:
    return _response("output_text.delta", item_id="m-1", output_index=0, content_index=0, delta=text)


RESPONSES = WireForm(
    name="responses",
    provider="openai",
    model="gpt-5-pro",
    path="/responses",
    media_type=EVENT_STREAM,
    opening=lambda _: _response("created", response=_response_object("in_progress", None, None)),
    piece=_response_piece,
    finish=lambda counts: [_response("completed", response=_response_object("completed", None, counts))],
    failed=lambda message: sse({"type": "error", "code": "server_error", "message": message, "param": None}, "error"),
    whole=lambda text, counts: json.dumps(_response_object("completed", text, counts)).encode(),
    refusal=_openai_refusal,
    unreadable=b"event: response.output_text.delta\ndata: {not json\n\n",
    unknown=_response("news", text="nothing"),
    endless=b"data: ",
    raw_text=_raw(_response_piece),
)


# --- Anthropic's Messages


def _message(kind: str, **fields: Any) -> bytes:
    return sse({"type": kind, **fields}, kind)


def _message_usage(counts: Counts | None) -> dict[str, Any]:
    return {} if counts is None else counts.named("input_tokens", "output_tokens", None, "cache_read_input_tokens")


def _message_piece(text: str) -> bytes:
    return _message("content_block_delta", index=0, delta={"type": "text_delta", "text": text})


def _message_opening(counts: Counts | None) -> bytes:
    usage = {} if counts is None else {"input_tokens": counts.read}
    message = {"id": "m-1", "type": "message", "role": "assistant", "content": [], "stop_reason": None, "usage": usage}
    block = {"type": "text", "text": ""}
    return _message("message_start", message=message) + _message("content_block_start", index=0, content_block=block)


def _message_whole(text: str, counts: Counts | None) -> bytes:
    content = [{"type": "text", "text": text}]
    fields = {"id": "m-1", "type": "message", "role": "assistant", "content": content, "stop_reason": "end_turn"}
    return json.dumps(fields | ({} if counts is None else {"usage": _message_usage(counts)})).encode()


def _anthropic_refusal(message: str) -> bytes:
    return json.dumps({"type": "error", "error": {"type": "api_error", "message": message}}).encode()


ANTHROPIC = WireForm(
    name="anthropic",
    provider="anthropic",
    model="claude-sonnet-5-5",
    path="/messages",
    media_type=EVENT_STREAM,
    opening=_message_opening,
    piece=_message_piece,
    finish=lambda counts: [
        _message("content_block_stop", index=0),
        _message("message_delta", delta={"stop_reason": "end_turn"}, usage=_message_usage(counts)),
        _message("message_stop"),
    ],
    failed=lambda message: sse(_anthropic_refusal(message), "error"),
    whole=_message_whole,
    refusal=_anthropic_refusal,
    unreadable=b"event: content_block_delta\ndata: {not json\n\n",
    unknown=_message("news", text="nothing"),
    endless=b"data: ",
    raw_text=_raw(_message_piece),
)


# --- Google's generateContent


def _candidate(text: str | None, finish_reason: str | None = None) -> dict[str, Any]:
    parts = {} if text is None else {"content": {"parts": [{"text": text}], "role": "model"}}
    return {"candidates": [parts | {"index": 0} | ({"finishReason": finish_reason} if finish_reason else {})]}


def _google_usage(counts: Counts | None) -> dict[str, Any]:
    names = "promptTokenCount", "candidatesTokenCount", "totalTokenCount", "cachedContentTokenCount"
    return {} if counts is None else {"usageMetadata": counts.named(*names)}


def _google_piece(text: str) -> bytes:
    return sse(_candidate(text))


def _google_refusal(message: str) -> bytes:
    return json.dumps({"error": {"code": 500, "message": message, "status": "INTERNAL"}}).encode()


GOOGLE = WireForm(
    name="google",
    provider="google",
    model="gemini-3.8-flash",
    path="/models/",
    media_type=EVENT_STREAM,
    opening=lambda _: b": begins\n\n",
    piece=_google_piece,
    finish=lambda counts: [sse(_candidate("", "STOP") | _google_usage(counts))],
    failed=lambda message: sse(_google_refusal(message)),
    whole=lambda text, counts: json.dumps(_candidate(text, "STOP") | _google_usage(counts)).encode(),
    refusal=_google_refusal,
    unreadable=b"data: {not json\n\n",
    unknown=sse({"news": "nothing"}),
    endless=b"data: ",
    raw_text=_raw(_google_piece),
)


# --- Bedrock's ConverseStream


def _bedrock_usage(counts: Counts | None) -> dict[str, Any]:
    return {} if counts is None else counts.named("inputTokens", "outputTokens", "totalTokens", "cacheReadInputTokens")


def _bedrock_finish(counts: Counts | None) -> list[bytes]:
    return [
        fake_bedrock.frame("contentBlockStop", {"contentBlockIndex": 0}),
        fake_bedrock.frame("messageStop", {"stopReason": "end_turn"}),
        fake_bedrock.frame("metadata", {"usage": _bedrock_usage(counts), "metrics": {"latencyMs": 431}}),
    ]


def _bedrock_whole(text: str, counts: Counts | None) -> bytes:
    message = {"role": "assistant", "content": [{"text": text}]}
    return json.dumps(
        {"output": {"message": message}, "stopReason": "end_turn", "usage": _bedrock_usage(counts), "metrics": {}}
    ).encode()


BEDROCK = WireForm(
    name="bedrock",
    provider="bedrock",
    model="us.anthropic.claude-sonnet-5-5",
    path="/converse",
    media_type=fake_bedrock.EVENT_STREAM["content-type"],
    opening=lambda _: fake_bedrock.frame("messageStart", {"role": "assistant"}),
    piece=fake_bedrock.text,
    finish=_bedrock_finish,
    failed=lambda message: fake_bedrock.exception_frame("internalServerException", message),
    whole=_bedrock_whole,
    refusal=lambda message: json.dumps({"message": message}).encode(),
    unreadable=fake_bedrock.text("Hello")[:-1] + b"\x00",
    unknown=fake_bedrock.frame("news", {"text": "nothing"}),
    endless=b"\x7f\xff\xff\xff\x00\x00\x00\x10",
    raw_text=lambda text: fake_bedrock.raw_frame("contentBlockDelta", _bedrock_raw(text)),
    splits=False,
)


def _bedrock_raw(text: bytes) -> bytes:
    return b'{"contentBlockIndex": 0, "delta": {"text": "' + text + b'"}}'


FORMS: Mapping[str, WireForm] = {form.name: form for form in (CHAT, RESPONSES, ANTHROPIC, GOOGLE, BEDROCK)}
