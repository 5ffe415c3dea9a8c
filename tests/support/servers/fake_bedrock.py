"""Answers in the form of Bedrock's runtime API, for FakeUpstream: `vnd.amazon.eventstream` frames.

upstream.answer(bedrock_stream(text("Hi"), text(" there"), *ending()))
os.environ |= environment(upstream.url)
"""

import json
import struct
import zlib
from typing import Any

from tests.support.servers.fake_upstream import Answer, Step

EVENT_STREAM = {"content-type": "application/vnd.amazon.eventstream"}
JSON = {"content-type": "application/json"}


def environment(url: str) -> dict[str, str]:
    """What a process has to be told to reach a server, with credentials that nobody has and no profile of whoever
    runs the tests."""
    return {
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": url,
        "AWS_ACCESS_KEY_ID": "test-access-key",
        "AWS_SECRET_ACCESS_KEY": "test-secret-key",
        "AWS_REGION": "eu-central-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }


def frame(event_type: str, payload: dict[str, Any]) -> bytes:
    return raw_frame(event_type, json.dumps(payload).encode())


def raw_frame(event_type: str, payload: bytes) -> bytes:
    """Of a payload that need not be JSON."""
    return _frame({":event-type": event_type, ":content-type": "application/json", ":message-type": "event"}, payload)


def exception_frame(exception_type: str, message: str = "Because.") -> bytes:
    headers = {":exception-type": exception_type, ":content-type": "application/json", ":message-type": "exception"}
    return _frame(headers, json.dumps({"message": message}).encode())


def _frame(headers: dict[str, str], body: bytes) -> bytes:
    """https://smithy.io/2.0/aws/amazon-eventstream.html"""
    string = 7
    head = b"".join(
        struct.pack(">B", len(name)) + name.encode() + struct.pack(">BH", string, len(value)) + value.encode()
        for name, value in headers.items()
    )
    prelude = struct.pack(">II", 16 + len(head) + len(body), len(head))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + head + body
    return message + struct.pack(">I", zlib.crc32(message))


def text(piece: str) -> bytes:
    return frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": piece}})


def ending(stop_reason: str = "end_turn", **usage: int) -> list[bytes]:
    counts = {"inputTokens": 12, "outputTokens": 5, "totalTokens": 17} | usage
    return [
        frame("contentBlockStop", {"contentBlockIndex": 0}),
        frame("messageStop", {"stopReason": stop_reason}),
        frame("metadata", {"usage": counts, "metrics": {"latencyMs": 431}}),
    ]


def bedrock_stream(*steps: Step) -> Answer:
    """A stream of these frames and pauses, after the first frame of every stream."""
    return Answer([frame("messageStart", {"role": "assistant"}), *steps], headers=EVENT_STREAM)


def bedrock_answer(content: str) -> Answer:
    """A whole answer, as `converse` gives it."""
    body = {
        "output": {"message": {"role": "assistant", "content": [{"text": content}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 12, "outputTokens": 5, "totalTokens": 17},
        "metrics": {"latencyMs": 431},
    }
    return Answer([json.dumps(body).encode()], headers=JSON)


def bedrock_error(status: int, kind: str, headers: dict[str, str] | None = None) -> Answer:
    body = json.dumps({"message": "Because."}).encode()
    return Answer([body], status, {**JSON, "x-amzn-errortype": kind, **(headers or {})})
