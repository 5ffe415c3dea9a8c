"""What becomes of the fields of a record: the names that other tools use for variables, references and the rest.

The names are tried in their order, and the first that is there is taken. What matches nothing becomes a variable in
flat records, and metadata in those that have variables or messages in a field of their own.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from promptyard.domain.benchmarks.datasets import MAX_NAMES
from promptyard.domain.benchmarks.reading.mapped_values import (
    are_messages,
    are_metrics,
    documents_of,
    flattened,
    is_assertion,
    json_in,
    plain_value,
    reference_of,
    tags_of,
)
from promptyard.domain.errors import InvalidRequest

VARIABLES = ("vars", "variables", "inputs", "item", "input")
"""Fields whose object holds variables: of promptfoo, ourselves, LangSmith, OpenAI's evals, Langfuse and Braintrust."""
TEXTS = ("input", "question", "prompt")
"""Fields whose text is a variable of that name, and whose list of messages is the row's own."""
REFERENCES = (
    "reference",
    "expected",
    "expectedOutput",
    "expected_output",
    "ideal",
    "outputs",
    "answer",
    "target",
    "output",
    "__expected",
)
DOCUMENTS = ("documents", "contexts", "context")
TAGS = ("tags", "splits")
_NOT_VARIABLES = frozenset({*REFERENCES, *DOCUMENTS, *TAGS, "metadata", "messages"})
PLACES = ("variables", "messages", "reference", "documents", "tags", "metadata")
_OBJECTS = (*VARIABLES, "prompt", "messages", "metadata", "outputs", *DOCUMENTS, *TAGS)
"""Fields whose cells may hold an object or a list as JSON."""
_NESTED_SIGNS = ("messages", "metadata", "expectedOutput", "outputs")
_COMMA = re.compile(r"(?<!\\),")


@dataclass(frozen=True, slots=True)
class FieldMap:
    """A field that the caller has given a place."""

    source: str
    place: str
    """One of PLACES, or `variables.name`, `metadata.name`."""

    @classmethod
    def parse_all(cls, texts: Iterable[str]) -> "list[FieldMap]":
        """Each is `place=field`. Raises InvalidRequest."""
        maps: list[FieldMap] = []
        for text in texts:
            place, equals, source = text.partition("=")
            head, dot, name = place.partition(".")
            if not equals or not source or head not in PLACES or (dot and not name):
                raise _refused(f"map is like variables.question=q or reference=a, and not {text[:100]!r}")
            if dot and head not in {"variables", "metadata"}:
                raise _refused(f"map: {head} has no fields of its own")
            if any(other.place == place for other in maps) and place not in {"documents", "tags"}:
                raise _refused(f"map: {place} is given twice")
            maps.append(cls(source, place))
        return maps


def _refused(message: str) -> InvalidRequest:
    return InvalidRequest(message, loc=("query", "map"), kind="bad_map")


class Mapper:
    """`used`: the place that each field was given, of all records so far. A field that was given several has them all,
    with commas."""

    def __init__(self, given: Iterable[FieldMap] = ()) -> None:
        self._given = list(given)
        self._unseen = {field.source for field in self._given}
        self.used: dict[str, str] = {}

    def unseen(self) -> list[str]:
        """Fields that the caller has named and no record has had."""
        return sorted(self._unseen)

    def row(self, record: Mapping[str, Any], *, from_cells: bool) -> dict[str, Any]:
        """The fields of a `RowContent`, not yet validated. Raises ValueError, saying what is wrong."""
        found = _RowInMaking(dict(record), self.used, from_cells=from_cells)
        for field in self._given:
            value = found.take(field.source)
            if value is not _ABSENT:
                self._unseen.discard(field.source)
                found.note(field.source, field.place)
                found.put(field.place, value, from_cells=from_cells)
        if from_cells:
            found.parse_cells()
        found.take_known(from_cells=from_cells)
        found.take_rest(from_cells=from_cells)
        return found.row


_ABSENT: Any = object()


class _RowInMaking:
    """A record on its way to a row: what is left of the one, and what there is of the other."""

    def __init__(self, left: dict[str, Any], used: dict[str, str], *, from_cells: bool = False) -> None:
        self.row: dict[str, Any] = {}
        self._left = left
        self._used = used
        self._variables: dict[str, Any] = {}
        self._metadata: dict[str, Any] = {}
        self._is_nested = not from_cells and any(name in left for name in _NESTED_SIGNS)

    def note(self, source: str, place: str) -> None:
        """Raises ValueError where there are too many."""
        if source not in self._used and len(self._used) >= MAX_NAMES:
            raise ValueError(f"there are more than {MAX_NAMES} different fields")
        known = self._used.setdefault(source, place)
        if place not in known.split(", "):
            self._used[source] = f"{known}, {place}"

    def take(self, source: str) -> Any:
        """A field, or what stands below one: `inputs.question`."""
        if source in self._left:
            return self._left.pop(source)
        head, _, rest = source.partition(".")
        within = self._left.get(head)
        if not rest or not isinstance(within, dict):
            return _ABSENT
        inner = _RowInMaking(dict(within), {})
        value = inner.take(rest)
        self._left[head] = inner._left
        return value

    def put(self, place: str, value: Any, *, from_cells: bool) -> None:
        head, _, name = place.partition(".")
        if name:
            (self._variables if head == "variables" else self._metadata)[name] = value
        elif head == "variables":
            self._put_variables(value if isinstance(value, dict) else json_in(value))
        elif head == "messages":
            self.row["messages"] = json_in(value) if from_cells else value
        elif head == "reference":
            self._put_reference(json_in(value, (list,)) if from_cells else value)
        elif head == "documents":
            self._add("documents", documents_of(json_in(value, (list,)) if from_cells else value))
        elif head == "tags":
            self._add("tags", tags_of(value, from_cells=from_cells))
        elif isinstance(value, dict):
            self._metadata |= value
        else:
            self._metadata["metadata"] = value

    def parse_cells(self) -> None:
        for name in _OBJECTS:
            if name in self._left:
                self._left[name] = json_in(self._left[name])

    def take_known(self, *, from_cells: bool) -> None:
        self._take_variables()
        self._take_first(REFERENCES, "reference", from_cells=from_cells)
        self._take_first(DOCUMENTS, "documents", from_cells=from_cells)
        self._take_first(TAGS, "tags", from_cells=from_cells)
        self._take_first(("metadata",), "metadata", from_cells=from_cells)
        if are_metrics(self._left.get("metrics")):
            self.row["metrics"] = self._take_as("metrics", "metrics")

    def _take_variables(self) -> None:
        if are_messages(self._left.get("messages")) or isinstance(self._left.get("messages"), list):
            self.row.setdefault("messages", self._take_as("messages", "messages"))
        for name in VARIABLES:
            if isinstance(self._left.get(name), dict):
                self._is_nested = True
                values = dict(self._take_as(name, "variables"))
                if are_messages(values.get("messages")) and "messages" not in self.row:
                    self.row["messages"] = values.pop("messages")
                    self.note(name, "messages")
                self._put_variables(values)
                break
        for name in TEXTS:
            value = self._left.get(name)
            if are_messages(value) and "messages" not in self.row:
                self._is_nested = True
                self.row["messages"] = self._take_as(name, "messages")
            elif isinstance(value, str):
                self._variables.setdefault(name, self._take_as(name, f"variables.{name}"))

    def _take_first(self, names: tuple[str, ...], place: str, *, from_cells: bool) -> None:
        if place in self.row:
            return
        for name in names:
            value = self._left.get(name)
            if value is None or (from_cells and value == "") or (name == "__expected" and is_assertion(value)):
                continue
            if name == "outputs" and isinstance(value, dict) and len(value) != 1:
                continue
            self.put(place, plain_value(name, self._take_as(name, place)), from_cells=from_cells)
            return

    def _take_as(self, name: str, place: str) -> Any:
        self.note(name, place)
        return self._left.pop(name)

    def take_rest(self, *, from_cells: bool) -> None:
        for name, value in self._left.items():
            if value is None or (from_cells and not name):
                continue
            if from_cells and value == "" and name in _NOT_VARIABLES:
                continue
            head, dot, rest = name.partition(".")
            if name.startswith("__"):
                self._put_promptfoo(name, value)
            elif dot and rest and head == "metadata":
                self.note(name, name)
                if value != "":
                    self._metadata[rest] = value
            elif dot and rest and head in VARIABLES and not self._is_nested:
                self.note(name, f"variables.{rest}")
                self._variables[rest] = value
            elif self._is_nested:
                self.note(name, f"metadata.{name}")
                self._metadata[name] = value
            else:
                self.note(name, f"variables.{name}")
                self._variables[name] = value
        self.row["variables"] = flattened(self._variables)
        self.row["metadata"] = self._metadata

    def _put_promptfoo(self, name: str, value: Any) -> None:
        """Columns of promptfoo's own: what they say of the row, and never a variable."""
        key = name.removeprefix("__metadata:")
        place = key if key != name else name
        self.note(name, f"metadata.{place.removesuffix('[]')}")
        if value == "":
            return
        if place.endswith("[]") and isinstance(value, str):
            value = [entry.replace("\\,", ",").strip() for entry in _COMMA.split(value)]
        self._metadata[place.removesuffix("[]")] = value

    def _put_variables(self, values: Any) -> None:
        if not isinstance(values, dict):
            raise ValueError("variables is no object")
        self._variables |= values

    def _put_reference(self, value: Any) -> None:
        reference = reference_of(value)
        if reference is not None:
            self.row["reference"] = reference

    def _add(self, place: str, values: list[str]) -> None:
        if values:
            self.row[place] = self.row.get(place, []) + values
