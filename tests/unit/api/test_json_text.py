"""Bodies that Python reads, and nobody could keep or send on."""

import json
from contextlib import suppress

import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message

from promptyard.api.json_text import count_values, refuse_odd_json, without_texts
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


@pytest.mark.parametrize("depth", [101, 900, 10_000])
async def test_endless_nesting_is_refused(depth: int) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await refuse_odd_json(request(b"[" * depth + b"]" * depth))
    assert caught.value.kind == "nesting"


FULL = {
    "numbers": ("[", "1", "]", 1, 1),
    "texts": ("[", r'"a, [{\"\\"', "]", 1, 1),
    "lists": ("[", "[]", "]", 1, 2),
    "pairs": ("{", '"a": 1', "}", 1, 1),
    "texts with names": ('{"b": {', '"a" : "c" \n', "}}", 2, 1),
    "objects": ("[", '{"a": 1}', "]", 1, 2),
}
"""What a body is made of, and how many values are counted for what is around and for each."""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32-be"])
@pytest.mark.parametrize("kind", FULL)
async def test_more_values_than_a_body_may_hold_are_refused(kind: str, encoding: str) -> None:
    opening, value, closing, around, each = FULL[kind]
    fitting = (20_000 - around) // each
    await refuse_odd_json(request((opening + ",".join([value] * fitting) + closing).encode(encoding)))
    sent = request((opening + ",".join([value] * (fitting + 1)) + closing).encode(encoding))
    with pytest.raises(InvalidRequest) as caught:
        await refuse_odd_json(sent)
    assert (caught.value.loc, caught.value.kind) == (("body",), "too_many_values")
    assert not hasattr(sent.state, "body"), "whoever tells of the mistake would parse it"


Json = st.recursive(
    st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@given(Json)
def test_values_are_counted_as_they_are(value: object) -> None:
    def counted(value: object) -> int:
        inner = [*value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
        return 1 + (value in ([], {})) + sum(map(counted, inner))

    for is_ascii in (True, False):
        assert count_values(without_texts(json.dumps(value, ensure_ascii=is_ascii).encode())) == counted(value)


@pytest.mark.parametrize("body", [b'"' * 1_000_000, b"," * 1_000_000, b'{"a": "' + b"," * 1_000_000])
async def test_what_is_no_json_takes_no_longer(body: bytes) -> None:
    sent = request(body)
    with suppress(InvalidRequest):
        await refuse_odd_json(sent)
    assert await sent.body() == body


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
