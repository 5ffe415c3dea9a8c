"""Updates as they are once parsed. All that they read is the item as it was."""

from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from promptyard_local.dynamodb.conditions import DocumentPath, Given, GivenValue, literal
from promptyard_local.dynamodb.documents import Steps, copy_of, part_at, put_at, remove_at
from promptyard_local.dynamodb.refusals import invalid
from promptyard_local.dynamodb.values import Attribute, Attributes, in_order, kind_of, total

_WRONG_TYPE = "An operand in the update expression has an incorrect data type"
_ADDED = frozenset({"N", "NS", "SS"})
_SETS = frozenset({"NS", "SS"})


@dataclass(frozen=True, slots=True)
class IfMissing:
    """`if_not_exists`."""

    path: DocumentPath
    otherwise: "Source"


@dataclass(frozen=True, slots=True)
class Appended:
    """`list_append`."""

    first: "Source"
    second: "Source"


@dataclass(frozen=True, slots=True)
class Sum:
    left: "Source"
    right: "Source"
    sign: int
    """-1 for a difference."""


Source = DocumentPath | GivenValue | IfMissing | Appended | Sum
"""What SET sets a path to."""


@dataclass(frozen=True)
class Update:
    sets: tuple[tuple[DocumentPath, Source], ...] = ()
    removes: tuple[DocumentPath, ...] = ()
    adds: tuple[tuple[DocumentPath, GivenValue], ...] = ()
    deletes: tuple[tuple[DocumentPath, GivenValue], ...] = ()

    def paths(self, given: Given) -> list[Steps]:
        """Those that it changes."""
        return [path.steps(given) for path in self._paths]

    @cached_property
    def _paths(self) -> tuple[DocumentPath, ...]:
        return (*(path for path, _ in chain(self.sets, self.adds, self.deletes)), *self.removes)

    @cached_property
    def is_flat(self) -> bool:
        """Whether it changes attributes as a whole, and nothing in them."""
        return all(len(path.parts) == 1 for path in self._paths)

    @cached_property
    def nests(self) -> bool:
        """Whether it may put one thing of the item, or of the request, into another one."""
        return any(len(path.parts) > 1 or isinstance(source, DocumentPath | Appended) for path, source in self.sets)

    def check(self, given: Given) -> None:
        """Raises ValidationException for what cannot be done to any item."""
        for _, source in self.sets:
            _check(source, given)
        for verb, allowed, pairs in (("ADD", _ADDED, self.adds), ("DELETE", _SETS, self.deletes)):
            for _, operand in pairs:
                if kind_of(given.values[operand.name]) not in allowed:
                    raise invalid(f"Incorrect operand type for operator or function; operator: {verb}")

    def changed(self, item: Attributes, given: Given) -> Attributes:
        """What the item becomes; it has parts of what was given, and of the item, which itself stays as it is. Raises
        ValidationException where the update does not fit the item."""
        puts = [(path.steps(given), _value(source, item, given)) for path, source in self.sets]
        for path, operand in self.adds:
            steps = path.steps(given)
            puts.append((steps, _added(part_at(steps, item), given.values[operand.name])))
        removed = [path.steps(given) for path in self.removes]
        for path, operand in self.deletes:
            steps = path.steps(given)
            left = _left(part_at(steps, item), given.values[operand.name])
            if left is None:
                removed.append(steps)
            else:
                puts.append((steps, left))
        if self.is_flat:
            after = dict(item)
        else:
            after = copy_of(item)
            # In the order of their paths, so that what is put behind a list's end stands in the order of its places;
            # and removed from behind, so that places mean what they meant.
            puts.sort(key=_by_steps)
            removed.sort(key=_steps_key, reverse=True)
        for steps, value in puts:
            put_at(steps, after, value)
        for steps in removed:
            remove_at(steps, after)
        return after


def _by_steps(put: tuple[Steps, Attribute]) -> list[tuple[bool, str, int]]:
    return _steps_key(put[0])


def _steps_key(steps: Steps) -> list[tuple[bool, str, int]]:
    return [
        (isinstance(step, int), str(step) if isinstance(step, str) else "", step if isinstance(step, int) else 0)
        for step in steps
    ]


def _check(source: Source, given: Given) -> None:
    if isinstance(source, IfMissing):
        _check(source.otherwise, given)
    elif isinstance(source, Appended):
        _check_operands("L", (source.first, source.second), given)
    elif isinstance(source, Sum):
        _check_operands("N", (source.left, source.right), given)


def _check_operands(wanted: str, operands: tuple[Source, Source], given: Given) -> None:
    for operand in operands:
        _check(operand, given)
        value = literal(operand, given) if isinstance(operand, GivenValue) else None
        if value is not None and kind_of(value) != wanted:
            raise invalid(f"Incorrect operand type for operator or function; operand type: {kind_of(value)}")


def _value(source: Source, item: Attributes, given: Given) -> Attribute:
    if isinstance(source, IfMissing):
        return source.path.value(item, given) or _value(source.otherwise, item, given)
    if isinstance(source, Appended):
        first, second = (_value(operand, item, given) for operand in (source.first, source.second))
        if "L" not in first or "L" not in second:
            raise invalid(_WRONG_TYPE)
        return {"L": [*first["L"], *second["L"]]}
    if isinstance(source, Sum):
        left, right = (_value(operand, item, given) for operand in (source.left, source.right))
        if "N" not in left or "N" not in right:
            raise invalid(_WRONG_TYPE)
        return {"N": total(left["N"], right["N"], source.sign)}
    found = source.value(item, given)
    if found is None:
        raise invalid("The provided expression refers to an attribute that does not exist in the item")
    return found


def _added(before: Attribute | None, more: Attribute) -> Attribute:
    if before is None:
        return more
    kind = kind_of(more)
    if kind not in before:
        raise invalid(_WRONG_TYPE)
    if kind == "N":
        return {"N": total(before["N"], more["N"])}
    return {kind: in_order(kind, list({*before[kind], *more[kind]}))}


def _left(before: Attribute | None, less: Attribute) -> Attribute | None:
    """What DELETE leaves of a set, None for nothing."""
    if before is None:
        return None
    kind = kind_of(less)
    if kind not in before:
        raise invalid(_WRONG_TYPE)
    entries = [entry for entry in before[kind] if entry not in less[kind]]
    return {kind: entries} if entries else None
