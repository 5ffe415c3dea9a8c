"""YAML 1.2 documents, with the line of each value. What YAML 1.1 takes for something else (`yes`, `1:30`, dates) is
text."""

import re
from functools import cached_property
from typing import Any

import yaml  # type: ignore[import-untyped]

from promptyard.domain.benchmarks.imports.documents import MAX_DEPTH, DocumentRefused, Node, Scalar

MAX_NODES = 1_000_000
"""With each alias counted as what it stands for."""

_BOOLEANS = {**dict.fromkeys(("true", "True", "TRUE"), True), **dict.fromkeys(("false", "False", "FALSE"), False)}
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_INTEGER = re.compile(r"[-+]?[0-9][0-9_]*|0x[0-9a-fA-F_]+|0o[0-7_]+|0b[01_]+")
_FLOAT = re.compile(r"[-+]?(?:[0-9][0-9_]*)?\.?[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*\.")
_MERGE = "<<"


def read_yaml(file: str, text: str) -> Node:
    """Raises DocumentRefused."""
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        root = yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = 1 if mark is None else min(mark.line, text.count("\n")) + 1
        raise DocumentRefused(line, f"it is no YAML: {error.problem}") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise DocumentRefused(1, f"it is no YAML: {type(error).__name__}") from None
    return Node(file, 1, None) if root is None else _Converter(file).convert(root, 0)


class _Converter:
    def __init__(self, file: str) -> None:
        self._file = file
        self._open: set[int] = set()

    @cached_property
    def _made(self) -> dict[int, tuple[Node, int]]:
        """What aliases name again is made once, and counted each time."""
        return {}

    def convert(self, node: yaml.Node, depth: int) -> Node:
        return self._convert(node, depth)[0]

    def _convert(self, node: yaml.Node, depth: int) -> tuple[Node, int]:
        line = node.start_mark.line + 1
        known = self._made.get(id(node))
        if known is not None:
            return known
        if id(node) in self._open or depth > MAX_DEPTH:
            raise DocumentRefused(line, "it nests too deep, or in itself")
        self._open.add(id(node))
        value, count = self._value(node, line, depth)
        self._open.discard(id(node))
        if count > MAX_NODES:
            raise DocumentRefused(line, "its aliases stand for too much")
        made = (Node(self._file, line, value), count)
        self._made[id(node)] = made
        return made

    def _value(self, node: yaml.Node, line: int, depth: int) -> "tuple[Scalar | list[Node] | dict[str, Node], int]":
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node, line), 1
        if isinstance(node, yaml.SequenceNode):
            made = [self._convert(item, depth + 1) for item in node.value]
            return [item for item, _ in made], 1 + sum(count for _, count in made)
        return self._mapping(node, depth)

    def _mapping(self, node: yaml.Node, depth: int) -> "tuple[dict[str, Node], int]":
        own: dict[str, Node] = {}
        merged: dict[str, Node] = {}
        count = 1
        for key, value in node.value:
            made, size = self._convert(value, depth + 1)
            count += size
            if not isinstance(key, yaml.ScalarNode):
                raise DocumentRefused(key.start_mark.line + 1, "here is a key that is no text")
            if key.value == _MERGE and not key.style:
                for part in made.items or [made]:
                    merged = {**part.fields, **merged}
            else:
                own[key.value] = made
        return {**merged, **own}, count


def _scalar(node: yaml.ScalarNode, line: int) -> Any:
    text: str = node.value
    if node.style or node.tag == "!":  # quoted, or a block
        return text
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    try:
        if _INTEGER.fullmatch(text):
            return _integer(text.replace("_", ""))
        if _FLOAT.fullmatch(text):
            return float(text.replace("_", ""))
    except ValueError:
        raise DocumentRefused(line, "a number has too many digits") from None
    return text


def _integer(digits: str) -> int:
    if digits[:2] in {"0x", "0o", "0b"}:
        return int(digits, 0)
    return int(digits, 10)
