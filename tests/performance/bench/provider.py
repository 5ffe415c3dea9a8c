"""A fake provider: OpenAI's chat API, streamed and not, at the pace that the prompt asks for.

    python -m tests.performance.bench.provider

says its address, and ends when its standard input does. It is written on bare asyncio, each event in an HTTP chunk of
its own as real providers send them, so that what is measured is what stands before it.
"""

import asyncio
import json
import sys
from functools import cache
from typing import Any

from tests.performance.bench.pace import KINDS, Order, Pace, token

HOST = "127.0.0.1"
STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)
END = b"0\r\n\r\n"
IDENTITY = '"id":"chatcmpl-bench","created":1700000000,"model":'


class Provider(asyncio.Protocol):
    """One connection: one request after another."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._buffer = b""
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = _content_length(head)
        if len(rest) < length:
            return
        body, self._buffer = rest[:length], rest[length:]
        try:
            request = json.loads(body)
            pace = Order.of(_prompt(request)).for_model(request["model"])
        except (ValueError, TypeError, KeyError):
            self._transport.write(_whole("400 Bad Request", {"error": {"message": "no pace in the prompt"}}))
            return
        began = self._loop.time()
        if request.get("stream"):
            with_usage = bool((request.get("stream_options") or {}).get("include_usage"))
            self._stream(request["model"], pace, began, 0, with_usage)
        else:
            answer = _whole("200 OK", _answer(request["model"], pace))
            self._timer = self._loop.call_at(began + pace.seconds, self._transport.write, answer)

    def _stream(self, model: str, pace: Pace, began: float, sent: int, with_usage: bool) -> None:
        """Send what is due, and come again for the next token: one that is late does not delay those after it."""
        due = pace.due(self._loop.time() - began)
        frames = _frames(model)
        out = [frames[number % KINDS] for number in range(sent, due)]
        if sent == 0 and due > 0:
            out.insert(0, STREAM_HEAD + _frame(_chunk(model, {"role": "assistant", "content": ""})))
        if due == pace.tokens:
            out.append(_ending(model, pace, with_usage))
        if out:
            self._transport.write(b"".join(out))
        if due < pace.tokens:
            next_at = began + (pace.first_ms + due * pace.interval_ms) / 1000
            self._timer = self._loop.call_at(next_at, self._stream, model, pace, began, due, with_usage)


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def _prompt(request: dict[str, Any]) -> str:
    content = request["messages"][-1]["content"]
    return content if isinstance(content, str) else content[0]["text"]


def _whole(status: str, answer: dict[str, Any]) -> bytes:
    body = json.dumps(answer).encode()
    head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _usage(pace: Pace) -> dict[str, int]:
    return {"prompt_tokens": 20, "completion_tokens": pace.tokens, "total_tokens": 20 + pace.tokens}


def _answer(model: str, pace: Pace) -> dict[str, Any]:
    message = {"role": "assistant", "content": pace.text, "refusal": None}
    return {
        "id": "chatcmpl-bench",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": _usage(pace),
    }


def _chunk(model: str, delta: dict[str, str], finish: str | None = None) -> str:
    choice = json.dumps({"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}, separators=(",", ":"))
    return f'{{{IDENTITY}{json.dumps(model)},"object":"chat.completion.chunk","choices":[{choice}]}}'


def _frame(data: str) -> bytes:
    event = f"data: {data}\n\n".encode()
    return f"{len(event):x}\r\n".encode() + event + b"\r\n"


@cache
def _frames(model: str) -> list[bytes]:
    return [_frame(_chunk(model, {"content": token(number)})) for number in range(KINDS)]


def _ending(model: str, pace: Pace, with_usage: bool) -> bytes:
    out = _frame(_chunk(model, {}, "stop"))
    if with_usage:
        usage = json.dumps(_usage(pace), separators=(",", ":"))
        out += _frame(
            f'{{{IDENTITY}{json.dumps(model)},"object":"chat.completion.chunk","choices":[],"usage":{usage}}}'
        )
    return out + _frame("[DONE]") + END


async def serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Provider, HOST, 0, backlog=2048)
    print(f"http://{HOST}:{server.sockets[0].getsockname()[1]}", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve())
