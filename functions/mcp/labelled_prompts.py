"""The registry's labelled prompts as prompts of MCP: `namespace/slug@label`, their variables as arguments."""

import asyncio
import re
from typing import TYPE_CHECKING, Any

from promptyard.domain.errors import InvalidRequest
from promptyard.domain.models.messages import AnyPart, FilePart, ImagePart, Message, TextPart
from promptyard.domain.paging import PageRequest
from promptyard.domain.prompts.names import PromptReference
from promptyard.domain.prompts.prompt import Prompt, PromptFilter
from promptyard.services.prompts.prompting import PromptSource

if TYPE_CHECKING:
    from promptyard.services.prompts.registry import PromptService

PAGE = 20
"""Prompts that are looked through for a page. What its labels point at is read each once."""
_DATA_URL = re.compile(r"data:([^;,]+);base64,(.*)", re.DOTALL)


async def list_labelled(prompts: "PromptService", tenant: str, cursor: Any) -> dict[str, Any]:
    """A page may be empty, and others follow. Raises BadCursor."""
    if cursor is not None and not isinstance(cursor, str):
        raise InvalidRequest("cursor has to be a text", loc=("params", "cursor"))
    page = await prompts.page(tenant, PromptFilter(), PageRequest(limit=PAGE, cursor=cursor))
    shown = await asyncio.gather(*(_labels(prompts, tenant, prompt) for prompt in page.items))
    listed: dict[str, Any] = {"prompts": [entry for entries in shown for entry in entries]}
    if page.next_cursor is not None:
        listed["nextCursor"] = page.next_cursor
    return listed


async def _labels(prompts: "PromptService", tenant: str, prompt: Prompt) -> list[dict[str, Any]]:
    numbers = sorted(set(prompt.labels.values()))
    references = [PromptReference(prompt.name, id=prompt.id, number=number) for number in numbers]
    found = await asyncio.gather(*(prompts.find_version(tenant, reference) for reference in references))
    variables = {version.number: version.content.variables() for version in found}
    described = {} if prompt.description is None else {"description": prompt.description}
    return [
        {
            "name": f"{prompt.name}@{label}",
            "title": f"{prompt.name} ({label})",
            **described,
            "arguments": [{"name": name, "required": True} for name in variables[number]],
        }
        for label, number in sorted(prompt.labels.items())
    ]


async def get_labelled(prompts: "PromptService", tenant: str, name: Any, arguments: Any) -> dict[str, Any]:
    """Raises InvalidRequest for what names no prompt, and for values that are missing."""
    if not isinstance(name, str):
        raise InvalidRequest("name has to be a text", loc=("params", "name"))
    values = {} if arguments is None else arguments
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise InvalidRequest("arguments has to be an object of texts", loc=("params", "arguments"))
    composed = await prompts.compose(tenant, PromptSource(prompt_id=name, variables=values))
    return {"messages": [shown for message in composed.messages for shown in _messages(message)]}


def _messages(message: Message) -> list[dict[str, Any]]:
    """MCP knows a user and an assistant, and one content a message: whatever is not the assistant's is told to it."""
    role = "assistant" if message.role == "assistant" else "user"
    parts = [TextPart(text=message.content)] if isinstance(message.content, str) else message.content or []
    return [{"role": role, "content": _content(part)} for part in parts]


def _content(part: AnyPart) -> dict[str, Any]:
    if isinstance(part, ImagePart):
        url = part.image_url.url
        found = _DATA_URL.fullmatch(url)
        if found is None:
            return {"type": "resource_link", "uri": url, "name": "image"}
        return {"type": "image", "data": found[2], "mimeType": found[1]}
    if isinstance(part, FilePart):
        return _file(part)
    return {"type": "text", "text": part.text}


def _file(part: FilePart) -> dict[str, Any]:
    name = part.file.filename or "file"
    found = _DATA_URL.fullmatch(part.file.file_data or "")
    if found is None:
        return {"type": "text", "text": f"[A file that its provider keeps: {part.file.file_id or name}]"}
    resource = {"uri": f"file:///{name}", "mimeType": found[1], "blob": found[2]}
    return {"type": "resource", "resource": resource}
