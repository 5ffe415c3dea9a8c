"""Reads what a connection took down, after the clock has stopped: is every token there, and when came the first and the
last of them?"""

import json
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from tests.performance.bench.connection import Call
from tests.performance.bench.pace import Pace


class Wrong(Exception):
    """The answer is not the one that was asked for."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Times in seconds after the request was sent. `first` and `last`, of tokens, are None where nothing streamed;
    with a `failure` all of them are."""

    first: float | None = None
    last: float | None = None
    ended: float | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    name: str
    data: str
    at: float


Piece = tuple[int, str, float]
"""A target's index, its next text and when that came."""
Streamed = Callable[[list[Event]], Iterator[Piece]]
"""The pieces of text in a stream's events, and that it ended as it should. Raises Wrong."""
Whole = Callable[[Any], str]
"""The text of an answer's JSON."""


def outcome(call: Call, paces: Mapping[int, Pace], streamed: Streamed | None, whole: Whole | None = None) -> Outcome:
    """`paces`: what was asked for, by target; a single answer's is 0."""
    if call.failure is not None:
        return Outcome(failure=call.failure)
    try:
        head, body, at = _received(call)
        status = head.split(b" ", 2)[1].decode()
        if status != "200":
            raise Wrong(f"status {status}: {body[:200].decode(errors='replace')}")
        if streamed is None:
            assert whole is not None
            _check({0: whole(json.loads(body))}, paces)
            return Outcome(ended=call.pieces[-1][0] - call.sent)
        pieces = [piece for piece in streamed(list(_events(body, at))) if piece[1]]
        texts: dict[int, str] = {}
        for index, text, _ in pieces:
            texts[index] = texts.get(index, "") + text
        _check(texts, paces)
    except (Wrong, ValueError, KeyError, TypeError, IndexError) as error:
        return Outcome(failure=str(error) if isinstance(error, Wrong) else f"cannot be read: {error!r}")
    times = [time - call.sent for _, _, time in pieces]
    return Outcome(min(times), max(times), call.pieces[-1][0] - call.sent)


def openai_stream(events: list[Event]) -> Iterator[Piece]:
    finish = None
    for event in events[:-1]:
        for choice in json.loads(event.data)["choices"]:
            finish = choice["finish_reason"] or finish
            yield 0, choice["delta"].get("content", ""), event.at
    if finish != "stop" or events[-1].data != "[DONE]":
        raise Wrong("the stream has no end")


def run_stream(events: list[Event]) -> Iterator[Piece]:
    """Promptyard's, of a run."""
    for event in events[:-1]:
        if event.name != "message":
            raise Wrong(f"{event.name}: {event.data[:200]}")
        yield 0, json.loads(event.data)["content"], event.at
    _check_done(events[-1], "done")


def comparison_stream(events: list[Event]) -> Iterator[Piece]:
    """Promptyard's, of a comparison."""
    for event in events:
        kind, _, index = event.name.partition(":")
        if kind == "chunk":
            yield int(index), json.loads(event.data)["content"], event.at
        elif kind == "done":
            _check_done(event, event.name)
        elif kind != "end":
            raise Wrong(f"{event.name}: {event.data[:200]}")
    if events[-1].name != "end":
        raise Wrong("the stream has no end")


def openai_whole(answer: Any) -> str:
    text: str = answer["choices"][0]["message"]["content"]
    return text


def run_whole(answer: Any) -> str:
    if answer["status"] != "succeeded" or answer["tokens"]["completion"] is None:
        raise Wrong(f"the run is {answer['status']}")
    text: str = answer["output"]
    return text


def _check_done(event: Event, name: str) -> None:
    if event.name != name:
        raise Wrong(f"{event.name}: {event.data[:200]}")
    done = json.loads(event.data)
    if done["finish_reason"] != "stop" or not done["stats"]["tokens_out"]:
        raise Wrong("the end has no finish_reason or no counts")


def _check(texts: Mapping[int, str], paces: Mapping[int, Pace]) -> None:
    for index, pace in paces.items():
        if texts.get(index) != pace.text:
            raise Wrong(f"{len(texts.get(index, ''))} of {len(pace.text)} characters, or other ones")
    if set(texts) != set(paces):
        raise Wrong("an answer that was not asked for")


def _received(call: Call) -> tuple[bytes, bytes, Callable[[int], float]]:
    """The head, the body and when a position of the body had come."""
    raw = b"".join(data for _, data in call.pieces)
    ends = list(accumulate(len(data) for _, data in call.pieces))
    times = [time for time, _ in call.pieces]
    head, separator, rest = raw.partition(b"\r\n\r\n")
    start = len(head) + len(separator)
    if b"transfer-encoding: chunked" not in head.lower():
        return head, rest, lambda position: times[bisect_left(ends, start + position)]
    chunks: list[bytes] = []
    raw_starts = [start]
    position = start
    while True:
        size_end = raw.index(b"\r\n", position)
        size = int(raw[position:size_end], 16)
        if size == 0:
            break
        raw_starts.append(size_end + 2)
        chunks.append(raw[size_end + 2 : size_end + 2 + size])
        position = size_end + 2 + size + 2
    if raw[position:] != b"0\r\n\r\n":
        raise Wrong("bytes after the last chunk")
    chunk_ends = list(accumulate(map(len, chunks)))

    def at(end: int) -> float:
        chunk = bisect_left(chunk_ends, end)
        return times[bisect_left(ends, raw_starts[chunk + 1] + end - (chunk_ends[chunk] - len(chunks[chunk])))]

    return head, b"".join(chunks), at


def _events(body: bytes, at: Callable[[int], float]) -> Iterator[Event]:
    """Framed as our servers do: one `data` line an event, ends of lines as LF."""
    end = 0
    blocks = body.split(b"\n\n")
    if blocks.pop():
        raise Wrong("the stream ends within an event")
    for block in blocks:
        end += len(block) + 2
        name, data = "message", None
        for line in block.decode().split("\n"):
            if line.startswith("data: "):
                data = line[6:]
            elif line.startswith("event: "):
                name = line[7:]
        if data is not None:
            yield Event(name, data, at(end))
