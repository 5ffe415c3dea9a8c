"""CSV (RFC 4180), whose first record names the columns. A record may go over several lines; commas part its cells, or
tabs or semicolons where its header has no comma."""

import re
from collections.abc import Iterator

from promptyard.domain.benchmarks.datasets import MAX_NAMES, MAX_ROW_BYTES
from promptyard.domain.benchmarks.reading.jsonl import NOT_UTF8, TOO_LONG
from promptyard.domain.benchmarks.reading.records import BadLine, Lines, Record

LEFT_OUT = "left out"
_QUOTED = re.compile(r'"([^"]*(?:""[^"]*)*)"')
_CLOSING = re.compile(r'[^"]*(?:""[^"]*)*"(?!")')


class CsvReader:
    """Implements `domain.benchmarks.reading.records.RecordReader`. What has no name in the header is left out."""

    from_cells = True

    def __init__(self) -> None:
        self._lines = Lines(MAX_ROW_BYTES)
        self._number = 0
        self._begun = 1
        """Where the record begins."""
        self._pieces: list[str] = []
        """Its lines so far."""
        self._size = 0
        self._is_open = False
        """It ends in a quoted cell, which goes on."""
        self._fault: str | None = None
        self._header: list[str] | None = None
        self._delimiter = ","
        self._lost = False

    def feed(self, data: bytes) -> Iterator[Record | BadLine]:
        for line in self._lines.feed(data):
            yield from self._read(line)

    def finish(self) -> Iterator[Record | BadLine]:
        for line in self._lines.finish():
            yield from self._read(line)
        if self._is_open and not self._lost:
            yield BadLine(self._begun, "a quoted cell is not closed")

    def _read(self, line: bytes | None) -> Iterator[Record | BadLine]:
        self._number += 1
        if self._lost:
            return
        if not self._is_open:
            self._begun, self._pieces, self._size, self._fault = self._number, [], 0, None
        self._add(line)
        if not self._is_open:
            yield from self._record()

    def _add(self, line: bytes | None) -> None:
        if line is None:  # whether it closes a cell is not known
            self._fault = TOO_LONG
            return
        try:
            text = line.decode()
        except UnicodeDecodeError:
            self._fault = self._fault or NOT_UTF8
            text = line.decode(errors="replace")
        if self._header is None and not self._pieces:
            self._delimiter = _delimiter(text)
        if self._is_open or '"' in text:
            self._is_open = _ends_open(text, self._delimiter, is_open=self._is_open)
        self._size += len(line) + 1
        if self._size > MAX_ROW_BYTES:
            self._fault = TOO_LONG
        if self._fault is None:
            self._pieces.append(text)
        else:
            self._pieces.clear()

    def _record(self) -> Iterator[Record | BadLine]:
        if self._fault is not None:
            self._lost = self._header is None
            yield BadLine(self._begun, self._fault)
            return
        text = "\n".join(self._pieces).removesuffix("\r")
        if not text.strip():
            return
        cells = _cells(text, self._delimiter)
        if self._header is None:
            yield from self._take_header(cells)
        elif cells is None:
            yield BadLine(self._begun, "a quoted cell is followed by more than a comma")
        elif len(cells) != len(self._header):
            yield BadLine(self._begun, f"has {len(cells)} cells where the header has {len(self._header)}")
        else:
            yield Record(self._begun, dict(zip(self._header, cells, strict=True)))

    def _take_header(self, cells: list[str] | None) -> Iterator[BadLine]:
        names = [name if name.startswith("variables.") else name.strip() for name in cells or ()]
        named = [name for name in names if name]
        twice = sorted({name for name in named if named.count(name) > 1}) if len(named) <= MAX_NAMES else []
        fault = None
        if cells is None:
            fault = "the header cannot be read"
        elif len(named) > MAX_NAMES:
            fault = f"there are more than {MAX_NAMES} columns"
        elif twice:
            fault = f"two columns are named {twice[0]}"
        if fault is not None:
            self._lost = True
            yield BadLine(self._begun, fault)
            return
        self._header = names


def _delimiter(header: str) -> str:
    bare = _QUOTED.sub("", header)
    if "," in bare:
        return ","
    return next((character for character in "\t;" if character in bare), ",")


def _ends_open(line: str, delimiter: str, *, is_open: bool) -> bool:
    """Whether the line ends within a quoted cell, where it begins within one or not."""
    at = 0
    while True:
        if not is_open:
            if not line.startswith('"', at):
                at = line.find(delimiter, at) + 1
                if at == 0:
                    return False
                continue
            at += 1
        closing = _CLOSING.match(line, at)
        if closing is None:
            return True
        at, is_open = line.find(delimiter, closing.end()) + 1, False
        if at == 0:
            return False


def _cells(record: str, delimiter: str) -> list[str] | None:
    """None where something stands between a closing quote and the next delimiter."""
    if '"' not in record:
        return record.split(delimiter)
    cells, at = [], 0
    while True:
        quoted = _QUOTED.match(record, at)
        if quoted is None:
            end = record.find(delimiter, at)
            end = len(record) if end < 0 else end
            cells.append(record[at:end])
        else:
            end = quoted.end()
            cells.append(quoted[1].replace('""', '"'))
        if end == len(record):
            return cells
        if record[end] != delimiter:
            return None
        at = end + 1
