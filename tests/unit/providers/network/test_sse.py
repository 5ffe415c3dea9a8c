"""The event-stream decoder, against the examples of WHATWG HTML §9.2 and what networks and servers do to streams."""

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.domain.errors import ProviderMalformed
from promptyard.providers.network.sse import SseDecoder
from promptyard.providers.protocol import SseEvent
from tests.support.servers.wire_replay import FIXTURES, every_split

RECORDED = sorted(FIXTURES.rglob("*.sse"))


def decode(*chunks: bytes, max_line_bytes: int = 1000) -> list[SseEvent]:
    decoder = SseDecoder(max_line_bytes)
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return events + decoder.end()


def data_of(*chunks: bytes) -> list[str]:
    return [event.data for event in decode(*chunks)]


# --- The standard's own examples -------------------------------------------------------------------------------------


def test_lines_of_data_are_joined() -> None:
    assert data_of(b"data: YHOO\ndata: +2\ndata: 10\n\n") == ["YHOO\n+2\n10"]


def test_comment_ids_and_blanks_after_the_colon() -> None:
    stream = b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n"
    assert data_of(stream) == ["first event", "second event", " third event"]


def test_empty_data_is_an_event_and_an_unfinished_block_is_none() -> None:
    assert data_of(b"data\n\ndata\ndata\n\ndata:") == ["", "\n"]


def test_the_blank_after_the_colon_is_optional() -> None:
    assert data_of(b"data:test\n\ndata: test\n\n") == ["test", "test"]


def test_event_types() -> None:
    assert decode(b"event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\ndata: plain\n\n") == [
        SseEvent("73857293", "add"),
        SseEvent("2153", "remove"),
        SseEvent("plain", "message"),
    ]


# --- Lines -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_every_line_end(end: bytes) -> None:
    assert data_of(end.join([b"data: a", b"data: b", b"", b"data: c", b"", b""])) == ["a\nb", "c"]


def test_a_line_ends_at_a_carriage_return_at_once() -> None:
    decoder = SseDecoder()

    assert list(decoder.feed(b"data: a\r")) == []
    assert list(decoder.feed(b"\r")) == [SseEvent("a")]


def test_a_line_feed_after_a_carriage_return_at_a_chunks_end_is_no_second_line_end() -> None:
    assert data_of(b"data: a\r", b"\ndata: b\r", b"", b"\n\r", b"\n") == ["a\nb"]


@pytest.mark.parametrize("character", ["\u2028", "\u2029", "\u0085", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e"])
def test_other_line_separators_are_data(character: str) -> None:
    assert data_of(f"data: a{character}b\n\n".encode()) == [f"a{character}b"]


def test_a_byte_order_mark_is_skipped_at_the_start_only() -> None:
    assert data_of(b"\xef\xbb\xbfdata: a\n\n") == ["a"]
    assert data_of(b"\xef", b"\xbb", b"\xbfdata: a\n\n") == ["a"]
    assert data_of(b"data: a\n\n\xef\xbb\xbfdata: b\n\n") == ["a"]


def test_bytes_that_are_no_utf8_are_replaced() -> None:
    assert data_of(b"data: a\xff\xc3b\n\n") == ["a\ufffd\ufffdb"]


def test_fields_that_are_none_are_ignored() -> None:
    assert data_of(b"retry: 10\nfoo: bar\nData: no\n data: no\ndata: yes\n\n") == ["yes"]


def test_an_event_without_data_is_none_and_its_type_is_forgotten() -> None:
    assert decode(b"event: ping\n\ndata: a\n\n") == [SseEvent("a", "message")]


# --- What stands outside of events -----------------------------------------------------------------------------------


def test_a_bare_json_line_is_passed_on() -> None:
    assert decode(b'data: a\n\n{"error": {"code": 500}}\n') == [
        SseEvent("a"),
        SseEvent('{"error": {"code": 500}}'),
    ]


def test_a_bare_json_line_without_its_line_end_is_passed_on() -> None:
    assert decode(b'{"error": 1}') == [SseEvent('{"error": 1}')]


def test_pretty_printed_json_is_one_event() -> None:
    text = '{\n  "error": {\n    "message": "no: {",\n    "code": 429\n  }\n}'
    assert decode(f"{text}\n".encode()) == [SseEvent(text)]


@pytest.mark.parametrize("after", [b"\n", b"data: b\n"])
def test_bare_json_ends_at_a_blank_line_or_a_field(after: bytes) -> None:
    decoder = SseDecoder()
    assert list(decoder.feed(b'[{\n"a": 1\n}]\n')) == []

    assert list(decoder.feed(after)) == [SseEvent('[{\n"a": 1\n}]')]


def test_two_bare_objects_are_two_events() -> None:
    assert [event.data for event in decode(b'{"a": 1}\n{"b": 2}\n')] == ['{"a": 1}', '{"b": 2}']


def test_other_bare_lines_are_ignored() -> None:
    assert decode(b"Internal Server Error\n") == []


# --- Caps ------------------------------------------------------------------------------------------------------------


def test_a_line_may_be_as_long_as_the_cap() -> None:
    assert data_of(b"data: " + b"a" * 994 + b"\n\n") == ["a" * 994]


@pytest.mark.parametrize("chunks", [[b"data: " + b"a" * 995], [b"data: ", *[b"a" * 100] * 10]])
def test_a_longer_line_fails_before_its_end(chunks: list[bytes]) -> None:
    with pytest.raises(ProviderMalformed, match="1000 bytes"):
        decode(*chunks)


def test_bare_json_is_capped_as_a_whole() -> None:
    with pytest.raises(ProviderMalformed, match="1000 bytes"):
        decode(b"{\n", *[b"  1,\n"] * 250)


# --- Splits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_where_the_network_cuts_changes_nothing(path: Path) -> None:
    data = path.read_bytes()
    whole = decode(data, max_line_bytes=10_000)

    assert whole
    for chunks in every_split(data):
        assert decode(*chunks, max_line_bytes=10_000) == whole


LINE = st.sampled_from(
    [b"data: a", b"data", b"event: x", b": c", b"", b"{", b"}", b"id: 1", "data: é🐻\u2028".encode()]
)


ENDS = st.sampled_from([b"\n", b"\r", b"\r\n", b"\r\n\n", b"\n\r\n"])


def test_a_line_feed_after_a_line_end_of_two_ends_a_line_of_its_own() -> None:
    data = b'data: {"a":1}\r\n\ndata: {"b":2}\r\n\n'
    for chunks in every_split(data):
        assert data_of(*chunks) == ['{"a":1}', '{"b":2}']


@given(lines=st.lists(st.tuples(LINE, ENDS)), cuts=st.lists(st.integers(0, 200)))
def test_any_cuts_of_any_stream_change_nothing(lines: list[tuple[bytes, bytes]], cuts: list[int]) -> None:
    data = b"".join(line + end for line, end in lines)
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    pieces = [data[a:b] for a, b in itertools.pairwise(places)]

    assert decode(*pieces) == decode(data)


@given(st.binary(max_size=200))
def test_no_bytes_break_it(data: bytes) -> None:
    decode(data)
