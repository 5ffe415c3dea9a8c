"""Documents with the place of each value, so that what is refused is named by file and line."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MAX_DEPTH = 100

Scalar = str | int | float | bool | None
_DECODER = json.JSONDecoder()
_BLANKS = re.compile(r"[ \t\n\r]*")
_LITERAL = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null")


class DocumentRefused(ValueError):
    """The text is none of its kind. `line` is from 1."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it stands."""

    file: str
    line: int
    """From 1."""
    value: "Scalar | list[Node] | dict[str, Node]"

    @property
    def items(self) -> "list[Node]":
        return self.value if isinstance(self.value, list) else []

    @property
    def fields(self) -> "dict[str, Node]":
        return self.value if isinstance(self.value, dict) else {}

    @property
    def text(self) -> str | None:
        return self.value if isinstance(self.value, str) else None

    @property
    def is_null(self) -> bool:
        return self.value is None

    def get(self, name: str) -> "Node | None":
        """The field, None where it is not there or null."""
        found = self.fields.get(name)
        return None if found is None or found.is_null else found

    def plain(self) -> Any:
        """Without the places."""
        if isinstance(self.value, list):
            return [item.plain() for item in self.value]
        if isinstance(self.value, dict):
            return {name: item.plain() for name, item in self.value.items()}
        return self.value

    def at(self, value: "Scalar | list[Node] | dict[str, Node]") -> "Node":
        """Another value in the same place."""
        return Node(self.file, self.line, value)


def node_of(file: str, line: int, value: Any) -> Node:
    """A value of JSON's types, all of it in one place."""
    if isinstance(value, list):
        return Node(file, line, [node_of(file, line, item) for item in value])
    if isinstance(value, dict):
        return Node(file, line, {str(name): node_of(file, line, item) for name, item in value.items()})
    return Node(file, line, value)


def read_json(file: str, text: str) -> Node:
    """Raises DocumentRefused."""
    reader = _JsonReader(file, text)
    node, end = reader.read(reader.after_blanks(0), 0)
    if (rest := reader.after_blanks(end)) < len(text):
        raise DocumentRefused(reader.line(rest), "something follows the JSON value")
    return node


def read_json_lines(file: str, text: str) -> Iterator[Node]:
    """The value of each line that is not empty. Raises DocumentRefused."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield node_of(file, number, json.loads(line))
            except (ValueError, RecursionError):
                raise DocumentRefused(number, "the line is no JSON") from None


class _JsonReader:
    def __init__(self, file: str, text: str) -> None:
        self._file = file
        self._text = text
        self._counted = (0, 1)
        """A place and its line: lines are counted on from there."""

    def line(self, place: int) -> int:
        start, line = self._counted
        if place < start:
            start, line = 0, 1
        self._counted = (place, line + self._text.count("\n", start, place))
        return self._counted[1]

    def after_blanks(self, place: int) -> int:
        match = _BLANKS.match(self._text, place)
        return match.end() if match else place

    def read(self, place: int, depth: int) -> tuple[Node, int]:
        line = self.line(place)
        if depth > MAX_DEPTH:
            raise DocumentRefused(line, "it nests too deep")
        first = self._text[place : place + 1]
        if first == "{":
            return self._object(place, line, depth)
        if first == "[":
            return self._array(place, line, depth)
        if first == '"':
            value, end = self._string(place)
            return Node(self._file, line, value), end
        literal = _LITERAL.match(self._text, place)
        if literal is None:
            raise DocumentRefused(line, "here is no JSON value")
        return Node(self._file, line, self._scalar(literal[0], line)), literal.end()

    def _scalar(self, literal: str, line: int) -> Scalar:
        try:
            value: Scalar = json.loads(literal)
        except ValueError:
            raise DocumentRefused(line, "a number has too many digits") from None
        return value

    def _string(self, place: int) -> tuple[str, int]:
        try:
            value, end = _DECODER.raw_decode(self._text, place)
        except ValueError as error:
            raise DocumentRefused(self.line(place), f"a text is not closed, or no JSON: {error}") from None
        return str(value), end

    def _object(self, place: int, line: int, depth: int) -> tuple[Node, int]:
        fields: dict[str, Node] = {}
        place = self.after_blanks(place + 1)
        while self._text[place : place + 1] != "}":
            if fields:
                place = self._expect(",", place)
            if self._text[place : place + 1] != '"':
                raise DocumentRefused(self.line(place), "here is no name of a field")
            name, place = self._string(place)
            place = self._expect(":", self.after_blanks(place))
            fields[name], place = self.read(place, depth + 1)
            place = self.after_blanks(place)
        return Node(self._file, line, fields), place + 1

    def _array(self, place: int, line: int, depth: int) -> tuple[Node, int]:
        items: list[Node] = []
        place = self.after_blanks(place + 1)
        while self._text[place : place + 1] != "]":
            if items:
                place = self._expect(",", place)
            item, place = self.read(place, depth + 1)
            items.append(item)
            place = self.after_blanks(place)
        return Node(self._file, line, items), place + 1

    def _expect(self, sign: str, place: int) -> int:
        if self._text[place : place + 1] != sign:
            raise DocumentRefused(self.line(place), f"here is no {sign!r}")
        return self.after_blanks(place + 1)
