"""Prompts and their versions as items, and back."""

import hashlib
import json
from datetime import datetime
from typing import Any

from promptyard.domain.prompts.prompt import Prompt, PromptVersion, VersionInfo
from promptyard.storage.table import keys
from promptyard.storage.table.attributes import Item

INLINE_BYTES = 32 * 1024
"""Content up to this size is in the version's item: a page of 20 versions stays within one request's 1 MB."""

_CONTENT = frozenset({"content", "parameters"})
INFO_ATTRIBUTES = tuple(VersionInfo.model_fields)


def prompt_item(prompt: Prompt) -> Item:
    item = prompt.model_dump(exclude={"tenant"}, exclude_none=True)
    attributes = {name: plain(value) for name, value in item.items()}
    attributes["aliases"] = {alias: plain(given) for alias, given in prompt.aliases.items()}
    return {**keys.prompt_key(prompt.tenant, prompt.id), "v": keys.SCHEMA_VERSION, **attributes}


def prompt_from_item(item: Item) -> Prompt:
    fields = {name: item[name] for name in Prompt.model_fields if name in item}
    return Prompt.model_validate(fields | {"tenant": keys.tenant_of(item["pk"])})


def version_item(tenant: str, version: PromptVersion) -> tuple[Item, dict[str, bytes]]:
    """The item, and by S3 key what it only names."""
    info = version.model_dump(exclude=set(_CONTENT), exclude_none=True)
    item: Item = {
        **keys.version_key(tenant, version.prompt_id, version.number),
        "v": keys.SCHEMA_VERSION,
        **{name: plain(value) for name, value in info.items()},
    }
    body = version.model_dump_json(include=set(_CONTENT), exclude_none=True).encode()
    if len(body) <= INLINE_BYTES:
        return item | {"body": body.decode()}, {}
    key = keys.version_object(tenant, version.prompt_id, hashlib.sha256(body).hexdigest())
    return item | {"body_object": key}, {key: body}


def version_info(item: Item) -> VersionInfo:
    return VersionInfo.model_validate({name: item[name] for name in INFO_ATTRIBUTES if name in item})


def content_object(item: Item) -> str | None:
    """The S3 key of the version's content, None where the item holds it."""
    key: str | None = item.get("body_object")
    return key


def version_from_item(item: Item, body: bytes | None) -> PromptVersion:
    """`body` is the content of `content_object`."""
    content = json.loads(item["body"] if body is None else body)
    return PromptVersion.model_validate(version_info(item).model_dump() | content)


def plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
