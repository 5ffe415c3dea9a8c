"""JSON Lines: an object on each line; empty lines are left out."""

import json
from collections.abc import Iterator

from promptyard.domain.benchmarks.datasets import MAX_ROW_BYTES
from promptyard.domain.benchmarks.reading.records import BadLine, Lines, Record

TOO_LONG = f"is over {MAX_ROW_BYTES:,} bytes"
NO_OBJECT = "is no JSON object"
NOT_UTF8 = "is not UTF-8"
TOO_DEEP = "is nested too deeply"


class JsonLinesReader:
    """Implements `domain.benchmarks.reading.records.RecordReader`."""

    from_cells = False

    def __init__(self) -> None:
        self._lines = Lines(MAX_ROW_BYTES)
        self._number = 0

    def feed(self, data: bytes) -> Iterator[Record | BadLine]:
        for line in self._lines.feed(data):
            yield from self._read(line)

    def finish(self) -> Iterator[Record | BadLine]:
        for line in self._lines.finish():
            yield from self._read(line)

    def _read(self, line: bytes | None) -> Iterator[Record | BadLine]:
        self._number += 1
        if line is None:
            yield BadLine(self._number, TOO_LONG)
        elif line.strip():
            yield _record(self._number, line)


def _record(number: int, line: bytes) -> Record | BadLine:
    try:
        value = json.loads(line.decode())
    except UnicodeDecodeError:
        return BadLine(number, NOT_UTF8)
    except json.JSONDecodeError as error:
        return BadLine(number, f"is no JSON: {error.msg} at character {error.colno}")
    except ValueError:
        return BadLine(number, "is no JSON: a number has too many digits")
    except RecursionError:
        return BadLine(number, TOO_DEEP)
    return Record(number, value) if isinstance(value, dict) else BadLine(number, NO_OBJECT)
