"""Datasets out of bytes: whatever is written in a format is read back, however it is cut, and every bad line is
named."""

import csv
import io
import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.api.text_files import csv_lines
from promptyard.domain.benchmarks import datasets
from promptyard.domain.benchmarks.datasets import MAX_ROW_BYTES, DatasetFormat, RowContent
from promptyard.domain.benchmarks.reading import own_csv
from promptyard.domain.benchmarks.reading.csv_records import CsvReader
from promptyard.domain.benchmarks.reading.dataset_reader import NAMED, DatasetReader
from promptyard.domain.benchmarks.reading.json_array import JsonArrayReader
from promptyard.domain.benchmarks.reading.records import BadLine, Record
from promptyard.domain.errors import TooLarge
from promptyard.domain.runs.metrics.spec import MetricSpec

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
TRICKY = st.one_of(
    TEXT, st.sampled_from(['"', '""', "a,b", "a\r\nb", "\n", "=1+1", "'=1", " x ", "1.50", "true", "[1", "{}"])
)
SCALAR = st.one_of(
    TRICKY, st.integers(-(10**12), 10**12), st.booleans(), st.floats(allow_nan=False, allow_infinity=False)
)
JSON = st.recursive(
    st.one_of(st.none(), SCALAR),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
MESSAGE = st.fixed_dictionaries(
    {"role": st.sampled_from(["system", "user", "assistant"]), "content": TEXT.map(lambda text: f"x{text}")}
)
ROW = st.builds(
    RowContent,
    variables=st.dictionaries(TEXT.filter(lambda name: "." not in name), SCALAR, min_size=1, max_size=4),
    messages=st.none() | st.lists(MESSAGE, min_size=1, max_size=2),
    reference=st.none() | TRICKY | st.lists(TRICKY, min_size=1, max_size=3),
    documents=st.lists(TRICKY, max_size=2),
    tags=st.lists(TRICKY, max_size=2),
    metadata=st.dictionaries(TEXT, JSON, max_size=3),
    metrics=st.lists(st.builds(MetricSpec, metric=st.just("equals"), negated=st.booleans(), value=JSON), max_size=1),
)
ROWS = st.lists(ROW, min_size=1, max_size=6)


def read(
    data: bytes, format_: DatasetFormat | None, cuts: list[int] | None = None
) -> tuple[list[RowContent], DatasetReader]:
    reader = DatasetReader(format_)
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts or ()), len(data)]
    rows = [row for low, high in pairwise(edges) for row, _ in reader.feed(data[low:high])]
    return [*rows, *(row for row, _ in reader.finish())], reader


def in_order(row: RowContent) -> str:
    """What is not equal for two kinds of value that are: 1 and true, 1 and 1.0."""
    return json.dumps(json.loads(row.json_text()), sort_keys=True)


def as_jsonl(rows: list[RowContent]) -> bytes:
    return "".join(f"{row.json_text()}\n" for row in rows).encode()


def as_json(rows: list[RowContent], indent: int | None) -> bytes:
    return json.dumps([json.loads(row.json_text()) for row in rows], indent=indent, ensure_ascii=False).encode()


def as_csv(rows: list[RowContent]) -> bytes:
    names = list(dict.fromkeys(name for row in rows for name in row.variables))
    return csv_lines([own_csv.columns(names), *(own_csv.cells(row, names) for row in rows)]).encode()


@given(
    rows=ROWS,
    cuts=st.lists(st.integers(0, 10_000), max_size=6),
    indent=st.sampled_from([None, 0, 2]),
    bom=st.booleans(),
)
@pytest.mark.parametrize("format_", ["jsonl", "csv", "json"])
def test_what_is_written_is_read_back_however_it_is_cut(
    format_: DatasetFormat, rows: list[RowContent], cuts: list[int], indent: int | None, bom: bool
) -> None:
    written = {"jsonl": as_jsonl, "csv": as_csv, "json": lambda rows: as_json(rows, indent)}[format_](rows)
    data = b"\xef\xbb\xbf" * bom + written
    found, reader = read(data, None, cuts)
    assert reader.bad == []
    assert reader.format == format_
    assert found == rows
    assert [in_order(row) for row in found] == [in_order(row) for row in rows]


@given(rows=ROWS)
def test_the_text_that_is_kept_is_read_back(rows: list[RowContent]) -> None:
    assert [RowContent.model_validate_json(row.json_text()) for row in rows] == rows


@given(
    data=st.binary(max_size=60)
    | st.lists(st.sampled_from(['{"a": 1}', "[", "]", ",", "\n", '"', "x", "1", "\\", "\xff"]), max_size=12).map(
        lambda parts: "".join(parts).encode("latin-1")
    ),
    cuts=st.lists(st.integers(0, 100), max_size=8),
)
@pytest.mark.parametrize("format_", ["jsonl", "csv", "json", None])
def test_whatever_comes_is_rows_or_bad_lines_and_the_cuts_change_nothing(
    format_: DatasetFormat | None, data: bytes, cuts: list[int]
) -> None:
    whole, first = read(data, format_)
    in_pieces, second = read(data, format_, cuts)
    assert in_pieces == whole
    assert (first.bad, first.bad_count, first.mapping) == (second.bad, second.bad_count, second.mapping)
    assert whole or first.bad


LINES = [f'{{"question": "q{number}", "answer": "a{number}"}}' for number in range(1, 8)]
CELLS = ["question,answer", *(f'q{number},"a,{number}"' for number in range(1, 7))]
MUTILATIONS = {
    "jsonl": [lambda line: line[:-1], lambda line: line[1:], lambda line: line.replace(b":", b"", 1),
              lambda line: b"[1]",
              lambda line: b"\xff" + line, lambda line: b"null", lambda line: line.replace(b"q", b"\\ud800"),
              lambda line: b'{"messages": [{"role": "nobody", "content": "x"}]}', lambda line: b'{"tags": ["x"]}',
              lambda line: b'{"question": NaN}', lambda line: line.replace(b"q", b"\xc3")],
    "csv": [lambda line: line + b",more", lambda line: b"one", lambda line: b'"q"x,a', lambda line: b"\xffq,a",
            lambda line: b'"q' + b",a", lambda line: line.replace(b"q", b"\xed\xa0\x80")],
    "json": [lambda line: line[:-1], lambda line: line.replace(b":", b"", 1), lambda line: b"1", lambda line: b"[]",
             lambda line: line.replace(b"q", b"\xff"), lambda line: b'{"question": 1e999}', lambda line: b""],
}  # fmt: skip


@pytest.mark.parametrize(
    ("format_", "kind"), [(name, kind) for name, kinds in MUTILATIONS.items() for kind in range(len(kinds))]
)
@pytest.mark.parametrize("which", [1, 3, 6])
def test_a_mutilated_line_is_named(format_: DatasetFormat, kind: int, which: int) -> None:
    lines = [line.encode() for line in (CELLS if format_ == "csv" else LINES)]
    lines[which] = MUTILATIONS[format_][kind](lines[which])
    comma = b"," if format_ == "json" else b""
    text = (comma + b"\n").join(lines)
    _, reader = read(b"[" + text + b"]" if format_ == "json" else text + b"\n", format_)
    assert reader.bad
    named = reader.bad[0].line
    assert named == which + 1 or (format_ == "json" and lines[which] == b"" and named == which + 1)
    if format_ == "jsonl":
        assert [bad.line for bad in reader.bad] == [which + 1]


def test_every_bad_line_is_counted_and_the_first_hundred_are_named() -> None:
    data = b'{"q": "x"}\n' + b"no\n" * 250
    rows, reader = read(data, "jsonl")
    assert len(rows) == 1
    assert reader.bad_count == 250
    assert [bad.line for bad in reader.bad] == list(range(2, 2 + NAMED))


@pytest.mark.parametrize(
    ("data", "line", "word"),
    [
        (b"", 1, "no row"),
        (b"\n \n", 1, "no row"),
        (b"[]", 1, "no row"),
        (b"[{}", 1, "neither"),
        (b'[{"a": 1}', 1, "not closed"),
        (b'[{"a": 1}]\nx', 2, "nothing has to be"),
        (b'[{"a": 1},\n]', 2, "Expecting value"),
        (b'[{"a": 1}\n{"a": 2}]', 2, "a comma or ]"),
        (b"a,a\n1,2\n", 1, "two columns"),
        (b'a,b\n1,"2\n3,4\n', 2, "not closed"),
        ("a,b\n1,2\n".encode("utf-16"), 1, "UTF-16"),
        (b'{"a": ' + b"[" * 50_000 + b"\n", 1, "deep"),
        (b'{"metadata": ' + b'{"a":' * 150 + b"1" + b"}" * 151 + b"\n", 1, "neither"),
        (b'{"vars": {"x": 1}, "metadata": ' + b'{"a":' * 150 + b"1" + b"}" * 151 + b"\n", 1, "deep"),
        (b'{"a": "' + b"x" * MAX_ROW_BYTES + b'"}\n', 1, "is over"),
        (b'[{"a": "' + b"x" * MAX_ROW_BYTES + b'"}]', 1, "is over"),
        (b'a\n"' + (b"x" * 99 + b"\n") * (MAX_ROW_BYTES // 100) + b'"\nz\n', 2, "is over"),
    ],
)
def test_what_is_wrong_is_said(data: bytes, line: int, word: str) -> None:
    for cuts in ([], [1, 2, 3, 7], list(range(0, len(data), 65_536))):
        _, reader = read(data, None, cuts)
        assert (reader.bad[0].line, word in reader.bad[0].message) == (line, True), reader.bad


def test_a_file_is_no_larger_than_a_version_may_be() -> None:
    with pytest.raises(TooLarge):
        list(DatasetReader("jsonl").feed(b" " * (datasets.MAX_BYTES + 1)))


def test_the_text_that_waits_does_not_grow_with_the_file() -> None:
    reader = JsonArrayReader()
    assert list(reader.feed(b"[")) == []
    for number in range(1000):
        [record] = reader.feed(b'{"a": 1},\n')
        assert isinstance(record, Record)
        assert record.line == number + 1
    assert len(reader._text) <= 2


CELL = st.text(st.sampled_from('ab,"\n\r; '), max_size=6)


@given(
    table=st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), max_size=5))
)
def test_csv_is_read_as_the_standard_library_reads_it(table: list[list[str]]) -> None:
    names = [f"c{number}" for number in range(len(table[0]) if table else 1)]
    text = io.StringIO()
    csv.writer(text).writerows([names, *table])
    expected = [row for row in csv.reader(io.StringIO(text.getvalue()), strict=True) if "".join(row).strip()][1:]
    reader = CsvReader()
    found: list[Any] = [*reader.feed(text.getvalue().encode()), *reader.finish()]
    assert not [record for record in found if isinstance(record, BadLine)]
    assert [list(record.fields.values()) for record in found if "".join(record.fields.values()).strip()] == expected


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_cells_are_parted_as_the_header_parts_them(delimiter: str) -> None:
    rows, reader = read(f'question{delimiter}answer\n"a,b;c"{delimiter}2\n'.encode(), "csv")
    assert reader.bad == []
    assert rows == [RowContent(variables={"question": "a,b;c"}, reference="2")]
