"""Paths into an item: reading, changing and choosing parts of it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promptyard_local.dynamodb.refusals import invalid

if TYPE_CHECKING:
    from promptyard_local.dynamodb.values import Attribute, Attributes

Steps = tuple[str | int, ...]
"""An attribute's name, then keys of maps and places in lists."""


def part_at(steps: Sequence[str | int], item: "Attributes") -> "Attribute | None":
    """The value that is there, None where nothing is."""
    found = item.get(str(steps[0]))
    for step in steps[1:]:
        if found is None:
            return None
        found = _entry(found, step)
    return found


def _entry(attribute: "Attribute", step: str | int) -> "Attribute | None":
    entry: Attribute | None
    if isinstance(step, str):
        entry = attribute["M"].get(step) if "M" in attribute else None
    else:
        entries = attribute.get("L", ())
        entry = entries[step] if step < len(entries) else None
    return entry


def copy_of(item: "Attributes") -> "Attributes":
    """A copy whose maps and lists may be changed. Nothing else of an attribute ever is."""
    return {name: _copied(attribute) for name, attribute in item.items()}


def _copied(attribute: "Attribute") -> "Attribute":
    if "M" in attribute:
        return {"M": copy_of(attribute["M"])}
    if "L" in attribute:
        return {"L": [_copied(entry) for entry in attribute["L"]]}
    return attribute


def put_at(steps: Steps, item: "Attributes", value: "Attribute") -> None:
    """Put a value there; behind the end of a list, at its end. Raises ValidationException where there is no such map or
    list."""
    holder, last = _holder(steps, item)
    if isinstance(holder, dict) or last < len(holder):
        holder[last] = value
    else:
        holder.append(value)


def remove_at(steps: Steps, item: "Attributes") -> None:
    """Remove what is there, if anything is. Raises ValidationException where there is no such map or list."""
    holder, last = _holder(steps, item)
    if isinstance(holder, dict):
        holder.pop(last, None)
    elif last < len(holder):
        del holder[last]


def _holder(steps: Steps, item: "Attributes") -> tuple[Any, Any]:
    """The map or list that the last step goes into, and that step."""
    last = steps[-1]
    if len(steps) == 1:
        return item, last
    found = part_at(steps[:-1], item)
    holder = None if found is None else found.get("M" if isinstance(last, str) else "L")
    if holder is None:
        raise invalid("The document path provided in the update expression is invalid for update")
    return holder, last


def refuse_overlaps(paths: Collection[Steps]) -> None:
    """Raises ValidationException where one path leads to, or into, what another one leads to."""
    if len({path[0] for path in paths}) == len(paths):
        return
    seen: list[Steps] = []
    for path in paths:
        for other in seen:
            for mine, theirs in zip(path, other, strict=False):
                if type(mine) is not type(theirs):
                    raise invalid("Two document paths conflict with each other")
                if mine != theirs:
                    break
            else:
                raise invalid("Two document paths overlap with each other")
        seen.append(path)


@dataclass(slots=True)
class _Chosen:
    """Which parts of a value are asked for: all of it, or these entries."""

    whole: bool
    entries: dict[str | int, "_Chosen"]


def chosen_parts(paths: Iterable[Steps], item: "Attributes") -> "Attributes":
    """The parts of an item that the paths lead to, in the maps and lists that they stand in."""
    tree = _Chosen(False, {})
    for path in paths:
        if part_at(path, item) is None:
            continue
        node = tree
        for step in path:
            node = node.entries.setdefault(step, _Chosen(False, {}))
        node.whole = True
    return {str(name): _chosen(node, item[str(name)]) for name, node in tree.entries.items()}


def _chosen(node: _Chosen, value: "Attribute") -> "Attribute":
    if node.whole:
        return value
    if "M" in value:
        return {"M": {name: _chosen(entry, value["M"][name]) for name, entry in node.entries.items()}}
    return {"L": [_chosen(entry, value["L"][place]) for place, entry in sorted(node.entries.items(), key=_step)]}


def _step(entry: tuple[str | int, _Chosen]) -> Any:
    return entry[0]
