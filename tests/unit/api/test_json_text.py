"""Bodies that Python reads, and nobody could keep or send on."""

import json

import pytest
from fastapi import Request
from starlette.types import Message

from promptyard.api.json_text import refuse_odd_json
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
async def test_half_characters_are_refused_at_their_place(body: bytes, loc: tuple[str | int, ...]) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await refuse_odd_json(request(body))
    assert (caught.value.loc, caught.value.kind) == (loc, "string_unicode")


@pytest.mark.parametrize(
    "number", [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1E+400", b"9" * 290 + b"e19", b"9" * 310 + b".0"]
)
async def test_numbers_that_json_does_not_have_are_refused(number: bytes) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await refuse_odd_json(request(b'{"a": [1, ' + number + b"]}"))
    assert (caught.value.loc, caught.value.kind) == (("body", "a", 1), "finite_number")


@pytest.mark.parametrize("depth", [101, 900, 100_000])
async def test_endless_nesting_is_refused(depth: int) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await refuse_odd_json(request(b"[" * depth + b"]" * depth))
    assert caught.value.kind == "nesting"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        rb'{"a": "\ud83d\ude00", "\ud83d\ude00": 1}',
        '{"a": "😀 é"}'.encode(),
        json.dumps({"a": "😀"}, ensure_ascii=False).encode("utf-16"),
        rb'{"a": "\\ud800"}',
        rb'{"a": "\ud800"',
        b"\x00\xff",
        b'{"a": "NaN", "b": 1e22, "c": 1E+300, "d": -1e-999, "e": "Infinity"}',
        b'{"a": ' + b"9" * 400 + b"}",
        b"[" * 100 + b"]" * 100,
        b"[" + b"{}," * 200 + b"{}]",
    ],
)
async def test_others_pass(body: bytes) -> None:
    sent = request(body)
    await refuse_odd_json(sent)
    assert await sent.body() == body


async def test_what_has_no_body_is_not_read() -> None:
    await refuse_odd_json(request(rb'"\ud800"', "GET"))


async def test_a_caller_that_has_left() -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    await refuse_odd_json(Request({"type": "http", "method": "POST", "headers": []}, receive))
