"""A dataset's rows out of a file's bytes: as JSON Lines, CSV or a JSON array."""

from collections.abc import Iterable, Iterator

from pydantic import ValidationError

from promptyard.domain.benchmarks.datasets import MAX_BYTES, MAX_ROW_BYTES, DatasetFormat, RowContent
from promptyard.domain.benchmarks.reading.csv_records import CsvReader
from promptyard.domain.benchmarks.reading.json_array import JsonArrayReader
from promptyard.domain.benchmarks.reading.jsonl import TOO_DEEP, JsonLinesReader
from promptyard.domain.benchmarks.reading.mapping import FieldMap, Mapper
from promptyard.domain.benchmarks.reading.own_csv import OwnCsv
from promptyard.domain.benchmarks.reading.records import MAX_MESSAGE, BadLine, Record, RecordReader
from promptyard.domain.errors import TooLarge

NAMED = 100
"""How many bad lines are named in full."""
MAX_DEPTH = 100

_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_READERS: dict[DatasetFormat, type[RecordReader]] = {
    "jsonl": JsonLinesReader,
    "csv": CsvReader,
    "json": JsonArrayReader,
}


class DatasetReader:
    """Takes bytes as they come and gives the rows that are complete, each with its JSON text, however the bytes are
    cut. What it holds does not grow with the file. Once a line is bad, the rows are of no use: what follows is read to
    name its bad lines, too."""

    def __init__(self, format_: DatasetFormat | None = None, maps: Iterable[FieldMap] = ()) -> None:
        """Without a format, the first character says which it is."""
        self.format = format_
        self.bad: list[BadLine] = []
        """The first NAMED of them."""
        self.bad_count = 0
        self.row_count = 0
        self.skipped = 0
        """Records that their source itself had put aside."""
        self._mapper = Mapper(maps)
        self._records: RecordReader | None = None
        self._own_csv: OwnCsv | None = None
        self._head = b""
        """What came before it was known how to read it."""
        self._size = 0

    @property
    def mapping(self) -> dict[str, str]:
        return dict(self._mapper.used)

    def feed(self, data: bytes) -> Iterator[tuple[RowContent, bytes]]:
        """The iterator has to be read to its end. Raises TooLarge."""
        self._size += len(data)
        if self._size > MAX_BYTES:
            raise TooLarge(f"A dataset takes {MAX_BYTES:,} bytes")
        if self._records is None:
            self._head += data
            records = self._begun(self._head, final=False)
            if records is None:
                return
            data, self._head = self._head, b""
            self._records = records
        yield from self._rows(self._records.feed(data))

    def finish(self) -> Iterator[tuple[RowContent, bytes]]:
        """What is left at the end. The iterator has to be read to its end."""
        if self._records is None:
            self._records = self._begun(self._head, final=True) or JsonLinesReader()
            yield from self._rows(self._records.feed(self._head))
        yield from self._rows(self._records.finish())
        if not self.bad_count and not self.row_count:
            self._refuse(BadLine(1, "there is no row"))
        for source in [] if self.bad_count else self._mapper.unseen():
            self._refuse(BadLine(1, f"no row has the field {source}, which map names"))

    def _begun(self, head: bytes, *, final: bool) -> RecordReader | None:
        """What reads a file that begins so; None where that cannot be said yet. Takes the mark of UTF-8 away."""
        if len(head) < len(_BOM) and not final:
            return None
        if head.startswith(_UTF16):
            self._refuse(BadLine(1, "is UTF-16, and has to be UTF-8"))
            return _Deaf()
        if head.startswith(_BOM):
            self._head = head = head.removeprefix(_BOM)
        if self.format is None:
            first = head.lstrip()[:1]
            if not first and len(head) < MAX_ROW_BYTES:
                return None
            self.format = {b"[": "json", b"{": "jsonl"}.get(first, "csv")  # type: ignore[assignment]
        assert self.format is not None
        return _READERS[self.format]()

    def _rows(self, records: Iterator[Record | BadLine]) -> Iterator[tuple[RowContent, bytes]]:
        for record in records:
            if isinstance(record, BadLine):
                self._refuse(record)
            elif _is_archived(record):
                self.skipped += 1
            else:
                yield from self._row(record)

    def _row(self, record: Record) -> Iterator[tuple[RowContent, bytes]]:
        try:
            row = self._content(record)
            text = row.json_text().encode()
        except UnicodeEncodeError:
            self._refuse(BadLine(record.line, "is not UTF-8, or holds half of a surrogate pair"))
        except ValidationError as error:
            self._refuse(BadLine(record.line, _sentence(error)))
        except RecursionError:
            self._refuse(BadLine(record.line, TOO_DEEP))
        except ValueError as error:
            self._refuse(BadLine(record.line, str(error)))
        else:
            self.row_count += 1
            yield row, text

    def _content(self, record: Record) -> RowContent:
        """Raises ValueError."""
        assert self._records is not None
        from_cells = self._records.from_cells
        if from_cells and self._own_csv is None:
            self._own_csv = OwnCsv(record.fields)
        if self._own_csv is not None and self._own_csv.is_ours:
            record = Record(record.line, self._own_csv.values(record.fields))
            from_cells = False
        row = RowContent.model_validate(self._mapper.row(record.fields, from_cells=from_cells))
        if not row.variables and not row.messages:
            raise ValueError("has neither variables nor messages")
        if _depth_over(row.metadata, MAX_DEPTH):
            raise ValueError(TOO_DEEP)
        return row

    def _refuse(self, bad: BadLine) -> None:
        self.bad_count += 1
        if len(self.bad) < NAMED:
            self.bad.append(BadLine(bad.line, bad.message[:MAX_MESSAGE]))


class _Deaf:
    """Of what cannot be read at all."""

    from_cells = False

    def feed(self, data: bytes) -> Iterator[Record | BadLine]:  # noqa: ARG002 - what it hears it does not listen to
        return iter(())

    def finish(self) -> Iterator[Record | BadLine]:
        return iter(())


def _is_archived(record: Record) -> bool:
    """Langfuse's word for an item that is to be left out."""
    return record.fields.get("status") == "ARCHIVED" and "expectedOutput" in record.fields


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(step) for step in first["loc"])
    return f"{place}: {first['msg'].removeprefix('Value error, ')}"


def _depth_over(value: object, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True
