"""Where in a request a mistake is: paths that resolve in the body that was sent, whatever its shape.

pydantic puts the tags and types of a union's members among the field names, and the services name a field by its
place in the plainest shape (`parameters.temperature`), which in another stands elsewhere (`model_config.temperature`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Loc = tuple[str | int, ...]

_ELSEWHERE: tuple[tuple[Loc, Loc], ...] = (
    (("parameters",), ("model_config",)),
    ((), ("model_config",)),
    (("messages",), ("template_messages",)),
    (("messages",), ("content",)),
    (("prompt_text",), ("template_text",)),
    (("prompt_text",), ("content",)),
    (("llm_blueprint_id",), ("playground_id",)),  # where the blueprint stands in the path
)
"""What a path may begin with, and what stands in its place in other shapes."""


def location(loc: Sequence[str | int], body: Any, *, missing: bool = False) -> list[str | int]:
    """The path, of which the first step is `body`, as it resolves in that body. What of it is not there is left out; of
    a field that is `missing` its parent is what has to be there."""
    if not loc or loc[0] != "body":
        return list(loc)
    found = max((_best(way, body, missing=missing) for way in _ways(tuple(loc[1:]))), key=_rank)
    return ["body", *found.steps]


def place_of(loc: Sequence[str | int], body: Any) -> list[str | int]:
    """The path that a service names, of which the first step is `body`, as it resolves in that body; where no shape has
    it, as far as it resolves. Its last step may not be there then: the service may ask for it."""
    if not loc or loc[0] != "body":
        return list(loc)
    found = [_resolved(way, {} if body is None else body) for way in _ways(tuple(loc[1:]))]
    return ["body", *max(found, key=_rank).steps]


def _resolved(path: Loc, value: Any) -> "_Found":
    for position, step in enumerate(path):
        if not _has(value, step):
            may_be_asked_for = position == len(path) - 1 and isinstance(value, dict)
            return _Found(path if may_be_asked_for else path[:position], is_whole=False)
        value = value[step]
    return _Found(path, is_whole=True)


def plain_mistakes(mistakes: Sequence[Mapping[str, Any]], body: Any) -> list[dict[str, Any]]:
    """pydantic's mistakes as `loc`, `msg` and `type`: of a union those of the member that was meant."""
    placed = [{**one, "place": _place(one, body)} for one in mistakes]
    said = _places_where_more_is_said(placed)
    meant = [one for one in placed if not (_is_type_of_a_union(one) and tuple(one["place"]) in said)]
    plain: dict[str, dict[str, Any]] = {}
    for one in meant:
        same = plain.setdefault(str(one["place"]), {"loc": one["place"], "msg": one["msg"], "type": one["type"]})
        if one["msg"] not in same["msg"]:
            same["msg"] = f"{same['msg']}; or: {one['msg']}"
    return list(plain.values())


def _place(mistake: Mapping[str, Any], body: Any) -> list[str | int]:
    if mistake["type"] == "json_invalid":  # no path, but how many characters could be read
        return list(mistake["loc"])
    return location(mistake["loc"], body, missing=mistake["type"] == "missing")


def _places_where_more_is_said(mistakes: Sequence[Mapping[str, Any]]) -> set[Loc]:
    """Where a value is within a union, and a mistake in it is another one than that it is not of a member's type."""
    said: set[Loc] = set()
    for one in mistakes:
        if _is_of_a_union(one):
            place = tuple(one["place"])
            said.update(place[:length] for length in range(len(place)))
            if not _says_wrong_type(one):
                said.add(place)
    return said


def _is_type_of_a_union(mistake: Mapping[str, Any]) -> bool:
    """Whether it says that the value is not of a type, which it need not have been meant to be."""
    return _is_of_a_union(mistake) and _says_wrong_type(mistake)


def _is_of_a_union(mistake: Mapping[str, Any]) -> bool:
    return len(mistake["loc"]) > len(mistake["place"])


def _says_wrong_type(mistake: Mapping[str, Any]) -> bool:
    kind = mistake["type"]
    return kind.endswith("_type") or (kind == "literal_error" and not isinstance(mistake.get("input"), str))


def _ways(path: Loc) -> Iterator[Loc]:
    yield path
    for start, instead in _ELSEWHERE:
        if path[: len(start)] == start:
            yield instead + path[len(start) :]


@dataclass(frozen=True, slots=True)
class _Found:
    steps: Loc
    """What of the path is there."""
    is_whole: bool
    """The last step is among it."""


def _rank(found: _Found) -> tuple[bool, int]:
    return found.is_whole, len(found.steps)


def _best(path: Loc, value: Any, *, missing: bool) -> _Found:
    """The way through the value that ends with the path's last step, where there is one, else the longest. A step that
    is there may be left out as well: the tag of a union's member may be called as one of its fields is."""
    if not path:
        return _Found((), is_whole=True)
    step, *rest = path
    if missing and not rest:
        return _Found((step,), is_whole=True) if isinstance(value, dict) else _Found((), is_whole=False)
    without = _best(tuple(rest), value, missing=missing) if rest else _Found((), is_whole=False)
    if not _has(value, step):
        return without
    within = _best(tuple(rest), value[step], missing=missing)
    return max(_Found((step, *within.steps), within.is_whole), without, key=_rank)


def _has(value: Any, step: str | int) -> bool:
    if isinstance(value, dict):
        return isinstance(step, str) and step in value
    return isinstance(value, list) and isinstance(step, int) and not isinstance(step, bool) and 0 <= step < len(value)
