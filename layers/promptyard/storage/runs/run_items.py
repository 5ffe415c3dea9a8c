"""A run as it is stored: one item, and objects for what does not fit.

What is counted, filtered and shown in lists stands in attributes of its own. The content is in two parts, each compact
JSON: the prompt (known when the run starts) and the answer (everything else). A part that has no room in the item is
kept whole as an S3 object, and the item names it.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from pydantic_core import PydanticSerializationError

from promptyard.domain.lambda_payloads import carried_bytes
from promptyard.domain.paging import PAGE_BYTES
from promptyard.domain.runs.run import Run, RunLinks
from promptyard.storage.table import keys
from promptyard.storage.table.attributes import Item


@dataclass(frozen=True, slots=True)
class Room:
    """The bytes that each part may take in the item: no more than 40 KB together, so that a page of 20 runs stays under
    the 1 MB that one Query reads."""

    prompt: int
    answer: int


ROOM_IN_AWS = Room(prompt=4 * 1024, answer=8 * 1024)
"""Up to where the item is cheaper: a PUT costs as much as 8 write units, and a prompt is written to the item twice,
when the run starts and when it ends. docs/cost.md has the prices."""
ROOM_AT_ONCE = Room(prompt=20 * 1024, answer=20 * 1024)
"""Where the items are in the process, and cost nothing."""

LINK_KINDS = ("comparison", "version", "prompt", "playground")
"""What has an index of its runs, the narrowest first."""

_ATTRIBUTES = frozenset(
    {
        "endpoint",
        "endpoint_tag",
        "provider",
        "model",
        "model_id",
        "label",
        "caller",
        "created_at",
        "deadline_at",
        "status",
        "finish_reason",
        "finish_word",
        "usage",
        "usage_source",
        "cost_usd",
        "cost_source",
        "price_date",
        "latency_ms",
        "ttft_ms",
        "first_text_ms",
        "settled_at",
        "vote",
    }
)
_KEYS = frozenset({"id", "tenant", "links"})
_PROMPT = frozenset(
    {
        "messages",
        "template",
        "asked",
        "parameters",
        "default_temperature",
        "custom_base_url",
        "key_from_caller",
        "reference",
        "documents",
        "retention_days",
        "reservation_id",
        "events",
    }
)
_ANSWER = frozenset(Run.model_fields) - _ATTRIBUTES - _KEYS - _PROMPT
_PARTS = {"prompt": _PROMPT, "answer": _ANSWER}

POINTERS = tuple(f"{part}_object" for part in _PARTS)
"""The attributes that name what did not fit into the item."""


@dataclass(frozen=True, slots=True)
class StoredRun:
    item: Item
    objects: dict[str, bytes]
    """By S3 key, what the item only names."""


def to_stored(run: Run, *, write_id: str, expires_at: int | None, room: Room = ROOM_IN_AWS) -> StoredRun:
    """`write_id` tells this write from every other one of the same run; `expires_at` is in Unix seconds."""
    item: Item = {**keys.run_key(run.tenant, run.id), "v": keys.SCHEMA_VERSION, "write_id": write_id}
    if expires_at is not None:
        item["expires_at"] = expires_at
    attributes = run.model_dump(include=set(_ATTRIBUTES), exclude_none=True)
    item |= {name: _plain(value) for name, value in attributes.items()}
    item |= run.links.model_dump(exclude_none=True)
    for kind, linked_id in linked(run.links):
        item[keys.link_attribute(kind)] = keys.link_partition(run.tenant, kind, linked_id)
    objects = {}
    for part, fields in _PARTS.items():
        text = _json(run, fields)
        body = text.encode()
        if len(body) <= getattr(room, part):
            item[part] = text
        else:
            digest = hashlib.sha256(body).hexdigest()[:32]
            item[_pointer(part)] = key = keys.run_object(run.tenant, run.id, part, digest)
            item[_size(part)] = carried_bytes(body)
            objects[key] = body
    return StoredRun(item, objects)


def counted_item(run: Run, expires_at: int | None) -> Item:
    """What of a run's item says where it is counted."""
    expiry = {} if expires_at is None else {"expires_at": expires_at}
    return {**keys.run_key(run.tenant, run.id), **expiry, **run.links.model_dump(exclude_none=True)}


def from_stored(item: Item, objects: Mapping[str, bytes]) -> Run:
    """`objects` holds, by S3 key, at least what `object_keys` names."""
    fields = {name: item[name] for name in _ATTRIBUTES if name in item}
    for part in _PARTS:
        fields |= json.loads(item[part] if part in item else objects[item[_pointer(part)]])
    fields["id"] = item["sk"]
    fields["tenant"] = keys.tenant_of(item["pk"])
    fields["links"] = {name: item[name] for name in RunLinks.model_fields if name in item}
    return Run.model_validate(fields)


def object_keys(item: Item) -> list[str]:
    """The S3 keys of what did not fit into the item."""
    return [item[pointer] for pointer in POINTERS if pointer in item]


def linked(links: RunLinks) -> Iterator[tuple[str, str]]:
    """(kind, id) of everything that has an index of its runs."""
    for kind in LINK_KINDS:
        linked_id = getattr(links, f"{kind}_id")
        if linked_id is not None:
            yield kind, linked_id


def shown_bytes(item: Item) -> int:
    """About what the run takes in an answer: its own stands in it twice, once as the next turn needs it."""
    return 2_000 + _part_bytes(item, "prompt") + 2 * _part_bytes(item, "answer")


def _part_bytes(item: Item, part: str) -> int:
    """An object whose size the item does not tell is taken for a large one."""
    return carried_bytes(item[part].encode()) if part in item else int(item.get(_size(part), PAGE_BYTES))


def _size(part: str) -> str:
    return f"{part}_bytes"


def _pointer(part: str) -> str:
    return f"{part}_object"


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    return value


def _json(run: Run, fields: frozenset[str]) -> str:
    try:
        return run.model_dump_json(include=set(fields), exclude_none=True)
    except PydanticSerializationError:
        # Lone surrogates, which UTF-8 cannot hold: a provider may cut an emoji between two of its JSON strings.
        # Halves that belong together are joined, others replaced, rather than losing the run.
        content = run.model_dump(mode="json", include=set(fields), exclude_none=True)
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
