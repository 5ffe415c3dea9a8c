"""The grammar of DynamoDB's expressions: AWS, developer guide, "Condition and filter expressions, operators, and
functions", "Using update expressions", "Using projection expressions". Each text is parsed once.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from promptyard_local.dynamodb.conditions import (
    ORDERS,
    BeginsWith,
    Compared,
    Contains,
    DocumentPath,
    Either,
    Every,
    Exists,
    GivenValue,
    HasType,
    Not,
    OneOf,
    Operand,
    SizeOf,
    Test,
    Within,
)
from promptyard_local.dynamodb.refusals import invalid
from promptyard_local.dynamodb.reserved_words import RESERVED_WORDS
from promptyard_local.dynamodb.updates import Appended, IfMissing, Source, Sum, Update

MAX_BYTES = 4096
MAX_OPTIONS = 100
"""The operands that one IN takes."""
_TOKEN = re.compile(r"\s*([#:]?[A-Za-z0-9_]+|<>|<=|>=|[=<>(),.\[\]+-])")
_NAME = re.compile(r"#[A-Za-z0-9_]+|[A-Za-z][A-Za-z0-9_]*")
_KEYWORDS = frozenset({"AND", "OR", "NOT", "BETWEEN", "IN", "SET", "REMOVE", "ADD", "DELETE"})
_COMPARATORS = frozenset({"=", "<>", *ORDERS})
_VERBS = {"SET": "sets", "REMOVE": "removes", "ADD": "adds", "DELETE": "deletes"}


@dataclass(frozen=True, slots=True)
class Parsed:
    """`root` is a Test, an Update or a tuple of paths; `names` and `values` are the placeholders in it."""

    root: Any
    names: frozenset[str]
    values: frozenset[str]
    heads: frozenset[str]
    """The attributes that its paths begin with, as written."""


@lru_cache(maxsize=4096)
def parsed(parameter: str, text: str) -> Parsed:
    """The expression in that parameter of a request (`UpdateExpression`). Raises ValidationException."""
    if not text:
        raise invalid(f"Invalid {parameter}: The expression can not be empty;")
    if len(text.encode()) > MAX_BYTES:
        raise invalid(f"Invalid {parameter}: Expression size has exceeded the maximum allowed size")
    tokens = _Tokens(parameter, text)
    parse: Callable[[_Tokens], Any] = {"UpdateExpression": _update, "ProjectionExpression": _projection}.get(
        parameter, _condition
    )
    root = parse(tokens)
    if tokens.peek() is not None:
        raise tokens.wrong()
    return Parsed(root, frozenset(tokens.names), frozenset(tokens.values), frozenset(tokens.heads))


class _Tokens:
    def __init__(self, parameter: str, text: str) -> None:
        self._parameter = parameter
        self._tokens: list[str] = []
        self.place = 0
        self.group: tuple[int, int] | None = None
        """Where the last condition in parentheses began and ended."""
        self.names: set[str] = set()
        self.values: set[str] = set()
        self.heads: set[str] = set()
        end, length = 0, len(text.rstrip())
        while end < length:
            found = _TOKEN.match(text, end)
            if found is None:
                raise self.wrong(text[end])
            self._tokens.append(found[1])
            end = found.end()

    def peek(self, ahead: int = 0) -> str | None:
        place = self.place + ahead
        return self._tokens[place] if place < len(self._tokens) else None

    def next(self) -> str:
        token = self.peek()
        if token is None:
            raise self.wrong()
        self.place += 1
        return token

    def take(self, *wanted: str) -> str | None:
        """The next token in upper case, if it is one of these."""
        token = (self.peek() or "").upper()
        if token not in wanted:
            return None
        self.place += 1
        return token

    def expect(self, wanted: str) -> None:
        if self.take(wanted) is None:
            raise self.wrong()

    def wrong(self, token: str | None = None) -> Exception:
        found = token or self.peek() or "<EOF>"
        return invalid(f'Invalid {self._parameter}: Syntax error; token: "{found}"')

    def refused(self, reason: str) -> Exception:
        return invalid(f"Invalid {self._parameter}: {reason}")


def _condition(tokens: _Tokens) -> Test:
    tests = [_conjunction(tokens)]
    while tokens.take("OR"):
        tests.append(_conjunction(tokens))
    return tests[0] if len(tests) == 1 else Either(tuple(tests))


def _conjunction(tokens: _Tokens) -> Test:
    tests = [_negation(tokens)]
    while tokens.take("AND"):
        tests.append(_negation(tokens))
    return tests[0] if len(tests) == 1 else Every(tuple(tests))


def _negation(tokens: _Tokens) -> Test:
    return Not(_negation(tokens)) if tokens.take("NOT") else _simple(tokens)


def _simple(tokens: _Tokens) -> Test:
    if tokens.take("("):
        start = tokens.place
        test = _condition(tokens)
        if tokens.group == (start, tokens.place):
            raise tokens.refused("The expression has redundant parentheses;")
        tokens.expect(")")
        tokens.group = (start - 1, tokens.place)
        return test
    name = tokens.peek() or ""
    if tokens.peek(1) == "(" and name != "size":
        return _function(tokens)
    operand = _operand(tokens)
    sign = tokens.take(*_COMPARATORS, "BETWEEN", "IN")
    if sign == "BETWEEN":
        low = _operand(tokens)
        tokens.expect("AND")
        return Within(operand, low, _operand(tokens))
    if sign == "IN":
        tokens.expect("(")
        options = _listed(tokens, _operand)
        tokens.expect(")")
        if len(options) > MAX_OPTIONS:
            raise tokens.refused("Incorrect number of operands for operator or function; operator: IN")
        return OneOf(operand, options)
    if sign is None:
        raise tokens.wrong()
    return Compared(sign, operand, _operand(tokens))


def _function(tokens: _Tokens) -> Test:
    name = tokens.next()
    tokens.expect("(")
    operands = _listed(tokens, _operand)
    tokens.expect(")")
    wanted = {"attribute_exists": 1, "attribute_not_exists": 1, "attribute_type": 2, "begins_with": 2, "contains": 2}
    if name not in wanted:
        raise tokens.refused(f"Invalid function name; function: {name}")
    if len(operands) != wanted[name]:
        raise tokens.refused(f"Incorrect number of operands for operator or function; operator or function: {name}")
    if name in {"attribute_exists", "attribute_not_exists"}:
        if not isinstance(operands[0], DocumentPath):
            raise tokens.refused(f"Operator or function requires a document path; operator or function: {name}")
        exists = Exists(operands[0])
        return exists if name == "attribute_exists" else Not(exists)
    if name == "attribute_type":
        return HasType(*operands)
    return BeginsWith(*operands) if name == "begins_with" else Contains(*operands)


def _operand(tokens: _Tokens) -> Operand:
    if (tokens.peek() or "").startswith(":"):
        return _given(tokens)
    if tokens.peek(1) == "(":
        if tokens.next() != "size":
            raise tokens.refused("The function is not allowed to be used this way in an expression")
        tokens.expect("(")
        size = SizeOf(_path(tokens))
        tokens.expect(")")
        return size
    return _path(tokens)


def _given(tokens: _Tokens) -> GivenValue:
    name = tokens.next()
    if not name.startswith(":"):
        raise tokens.wrong(name)
    tokens.values.add(name)
    return GivenValue(name)


def _path(tokens: _Tokens) -> DocumentPath:
    head = _name(tokens)
    tokens.heads.add(head)
    parts: list[str | int] = [head]
    while sign := tokens.take(".", "["):
        if sign == ".":
            parts.append(_name(tokens))
            continue
        place = tokens.next()
        if not place.isdigit():
            raise tokens.wrong(place)
        parts.append(int(place))
        tokens.expect("]")
    return DocumentPath(tuple(parts))


def _name(tokens: _Tokens) -> str:
    name = tokens.next()
    if not _NAME.fullmatch(name) or name.upper() in _KEYWORDS:
        raise tokens.wrong(name)
    if name.startswith("#"):
        tokens.names.add(name)
    elif name.upper() in RESERVED_WORDS:
        raise tokens.refused(f"Attribute name is a reserved keyword; reserved keyword: {name}")
    return name


def _listed(tokens: _Tokens, one: Callable[[_Tokens], Any]) -> tuple[Any, ...]:
    found = [one(tokens)]
    while tokens.take(","):
        found.append(one(tokens))
    return tuple(found)


def _update(tokens: _Tokens) -> Update:
    read = {"SET": _set_action, "REMOVE": _path, "ADD": _set_change, "DELETE": _set_change}
    clauses: dict[str, Any] = {}
    while tokens.peek() is not None:
        verb = tokens.take(*_VERBS)
        if verb is None:
            raise tokens.wrong()
        if _VERBS[verb] in clauses:
            raise tokens.refused(f'The "{verb}" section can only be used once in an update expression;')
        clauses[_VERBS[verb]] = _listed(tokens, read[verb])
    return Update(**clauses)


def _set_action(tokens: _Tokens) -> tuple[DocumentPath, Source]:
    path = _path(tokens)
    tokens.expect("=")
    source = _source(tokens)
    if sign := tokens.take("+", "-"):
        source = Sum(source, _source(tokens), 1 if sign == "+" else -1)
    return path, source


def _source(tokens: _Tokens) -> Source:
    if (tokens.peek() or "").startswith(":"):
        return _given(tokens)
    if tokens.peek(1) != "(":
        return _path(tokens)
    name = tokens.next()
    tokens.expect("(")
    operands = _listed(tokens, _source)
    tokens.expect(")")
    if name not in {"if_not_exists", "list_append"}:
        raise tokens.refused(f"Invalid function name; function: {name}")
    if len(operands) != 2:
        raise tokens.refused(f"Incorrect number of operands for operator or function; operator or function: {name}")
    if name == "list_append":
        return Appended(*operands)
    if not isinstance(operands[0], DocumentPath):
        raise tokens.refused(f"Operator or function requires a document path; operator or function: {name}")
    return IfMissing(*operands)


def _set_change(tokens: _Tokens) -> tuple[DocumentPath, GivenValue]:
    return _path(tokens), _given(tokens)


def _projection(tokens: _Tokens) -> tuple[DocumentPath, ...]:
    return _listed(tokens, _path)
