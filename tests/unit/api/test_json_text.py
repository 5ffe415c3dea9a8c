"""Bodies with half of a surrogate pair."""

import json

import pytest
from fastapi import Request
from starlette.types import Message

from promptyard.api.json_text import refuse_half_characters
from promptyard.domain.errors import InvalidRequest


def request(body: bytes, method: str = "POST") -> Request:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request({"type": "http", "method": method, "headers": []}, receive)


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        (rb'{"a": "\ud800"}', ("body", "a")),
        (rb'{"a": ["x", {"b": "\uDFFF!"}]}', ("body", "a", 1, "b")),
        (rb'{"a": {"\ud83d": 1}}', ("body", "a")),
        (rb'{"a": "\ude00\ud83d"}', ("body", "a")),
        (b'{"a": "\xed\xa0\x80"}', ("body", "a")),
        (json.dumps({"a": "\ud800"}).encode("utf-16"), ("body", "a")),
        (rb'"\ud800"', ("body",)),
    ],
)
async def test_are_refused_at_their_place(body: bytes, loc: tuple[str | int, ...]) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await refuse_half_characters(request(body))
    assert caught.value.loc == loc


@pytest.mark.parametrize(
    "body",
    [
        b"",
        rb'{"a": "\ud83d\ude00", "\ud83d\ude00": 1}',
        '{"a": "😀 é"}'.encode(),
        json.dumps({"a": "😀"}, ensure_ascii=False).encode("utf-16"),
        rb'{"a": "\\ud800"}',
        rb'{"a": "\ud800"',
        b'{"a": ' + b"[" * 100_000 + rb'"\ud800"',
        b"\x00\xff",
    ],
)
async def test_others_pass(body: bytes) -> None:
    sent = request(body)
    await refuse_half_characters(sent)
    assert await sent.body() == body


async def test_what_has_no_body_is_not_read() -> None:
    await refuse_half_characters(request(rb'"\ud800"', "GET"))


async def test_a_caller_that_has_left() -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    await refuse_half_characters(Request({"type": "http", "method": "POST", "headers": []}, receive))
