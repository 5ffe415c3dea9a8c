"""A JSON array of objects, one element at a time. What is no JSON ends the reading: where the next element begins is
not known any more."""

import codecs
import json
import re
from collections.abc import Iterator
from enum import Enum, auto

from promptyard.domain.benchmarks.datasets import MAX_ROW_BYTES
from promptyard.domain.benchmarks.reading.jsonl import NO_OBJECT, TOO_DEEP, TOO_LONG
from promptyard.domain.benchmarks.reading.records import BadLine, Record

_BLANKS = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()
_REST = ", and the rest was not read"


class _Place(Enum):
    BEFORE = auto()
    FIRST = auto()
    """After the opening bracket."""
    ELEMENT = auto()
    """After a comma."""
    AFTER_ELEMENT = auto()
    CLOSED = auto()
    LOST = auto()


class JsonArrayReader:
    """Implements `domain.benchmarks.reading.records.RecordReader`."""

    from_cells = False

    def __init__(self) -> None:
        # Bytes that are no UTF-8 become halves of surrogate pairs, which no row may hold.
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._text = ""
        self._line = 1
        """Where the text begins."""
        self._wanted = 1
        """How long the text has to be before it is of use to try the element again."""
        self._place = _Place.BEFORE

    def feed(self, data: bytes) -> Iterator[Record | BadLine]:
        if self._place is _Place.LOST:
            return
        self._text += self._decoder.decode(data)
        if len(self._text) >= self._wanted:
            yield from self._read(final=False)

    def finish(self) -> Iterator[Record | BadLine]:
        self._text += self._decoder.decode(b"", final=True)
        yield from self._read(final=True)

    def _read(self, *, final: bool) -> Iterator[Record | BadLine]:
        text, at = self._text, 0
        line, counted = self._line, 0
        self._wanted = 1
        while self._place is not _Place.LOST:
            at = _end_of_blanks(text, at)
            line, counted = line + text.count("\n", counted, at), at
            if at == len(text):
                if final and self._place is not _Place.CLOSED:
                    yield self._lost(line, "the array is not closed")
                break
            if self._steps_over(text[at]):
                at += 1
                continue
            if self._place not in {_Place.FIRST, _Place.ELEMENT}:
                yield self._lost(line, f"here is {text[at]!r} where {self._expected()} has to be{_REST}")
                break
            found = _element(text, at, line, final=final)
            if found is None:
                self._wanted = min(2 * (len(text) - at), MAX_ROW_BYTES + 1)
                break
            outcome, end = found
            yield outcome
            at = end
            self._place = _Place.LOST if end < 0 else _Place.AFTER_ELEMENT
        self._text = "" if self._place is _Place.LOST else text[at:]
        self._line = line

    def _steps_over(self, character: str) -> bool:
        """Whether it is one of the array's own, which leads to the next place."""
        following = {
            (_Place.BEFORE, "["): _Place.FIRST,
            (_Place.FIRST, "]"): _Place.CLOSED,
            (_Place.AFTER_ELEMENT, ","): _Place.ELEMENT,
            (_Place.AFTER_ELEMENT, "]"): _Place.CLOSED,
        }.get((self._place, character))
        self._place = following or self._place
        return following is not None

    def _expected(self) -> str:
        return {_Place.BEFORE: "an array", _Place.AFTER_ELEMENT: "a comma or ]"}.get(self._place, "nothing")

    def _lost(self, line: int, message: str) -> BadLine:
        self._place = _Place.LOST
        return BadLine(line, message)


def _end_of_blanks(text: str, at: int) -> int:
    blanks = _BLANKS.match(text, at)
    assert blanks is not None, "no blank is blank enough"
    return blanks.end()


def _element(text: str, at: int, line: int, *, final: bool) -> tuple[Record | BadLine, int] | None:
    """The element and where it ends, -1 where that cannot be known; None where more of it has to come. It does not
    depend on how much of the text is there."""
    try:
        value, end = _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError) as error:
        if isinstance(error, json.JSONDecodeError) and len(text) - at > MAX_ROW_BYTES:
            return _too_long_or_wrong(text[at : at + MAX_ROW_BYTES], line), -1
        may_go_on = isinstance(error, json.JSONDecodeError) and not final
        return None if may_go_on else (_wrong(error, text, at, line), -1)
    if end == len(text) and not final and not isinstance(value, dict):
        return None  # a number may go on
    if end - at > MAX_ROW_BYTES:
        return _too_long_or_wrong(text[at : at + MAX_ROW_BYTES], line), -1
    return (Record(line, value) if isinstance(value, dict) else BadLine(line, NO_OBJECT)), end


def _too_long_or_wrong(start: str, line: int) -> BadLine:
    try:
        _DECODER.raw_decode(start)
    except json.JSONDecodeError as error:
        if error.pos < len(start) and not error.msg.startswith("Unterminated"):
            return _wrong(error, start, 0, line)
    except (ValueError, RecursionError):
        pass
    return BadLine(line, TOO_LONG + _REST)


def _wrong(error: ValueError | RecursionError, text: str, at: int, line: int) -> BadLine:
    if isinstance(error, RecursionError):
        return BadLine(line, TOO_DEEP + _REST)
    if not isinstance(error, json.JSONDecodeError):
        return BadLine(line, f"is no JSON: a number has too many digits{_REST}")
    there = line + text.count("\n", at, error.pos)
    where = "" if there == line else f" on line {there}"
    return BadLine(line, f"is no JSON: {error.msg}{where}{_REST}")
