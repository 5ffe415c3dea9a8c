"""What the readers of each format have in common: bytes in, as they come; records and bad lines out. However the bytes
are cut, the same comes out."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

MAX_MESSAGE = 300


@dataclass(frozen=True, slots=True)
class Record:
    """What stands for one row: its fields as the input names them."""

    line: int
    """Where it begins, from 1."""
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BadLine:
    """Why what begins on that line is no row."""

    line: int
    message: str


class RecordReader(Protocol):
    from_cells: bool
    """Every field is a text, which may be JSON."""

    def feed(self, data: bytes) -> Iterator[Record | BadLine]:
        """What is complete by now."""

    def finish(self) -> Iterator[Record | BadLine]:
        """What is left at the end of the input."""


class Lines:
    """Bytes cut into lines at each line feed. One that is over `limit` bytes is given as None."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pieces: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> Iterator[bytes | None]:
        """The lines that are complete, without their line feeds."""
        start = 0
        while (end := data.find(b"\n", start)) >= 0:
            self._add(data[start:end])
            yield self._taken()
            start = end + 1
        self._add(data[start:])

    def finish(self) -> Iterator[bytes | None]:
        """The last line, where no line feed ends it."""
        if self._size:
            yield self._taken()

    def _add(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size <= self._limit:
            self._pieces.append(piece)
        else:
            self._pieces.clear()

    def _taken(self) -> bytes | None:
        line = b"".join(self._pieces) if self._size <= self._limit else None
        self._pieces, self._size = [], 0
        return line
