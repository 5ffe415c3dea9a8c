"""A prompt's place in a path: its id, or `namespace/slug`, the slash as it is or as `%2F`.

The server decodes a path before it is matched, so the name may hold a slash here. Only an id, or two segments, are a
prompt: of `support/versions/versions` the prompt is `support/versions`.
"""

from typing import Annotated

from fastapi import Depends, Path
from starlette.convertors import Convertor, register_url_convertor

from promptyard.domain.prompts.names import UUID_PATTERN, PromptReference


class _PromptConvertor(Convertor[str]):
    regex = f"(?:{UUID_PATTERN}|[^/]+/[^/]+)"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


class _AnyConvertor(_PromptConvertor):
    """Also what can be no prompt, to say so."""

    regex = "[^/]+(?:/[^/]+)?"


register_url_convertor("prompt", _PromptConvertor())
register_url_convertor("prompt_or_not", _AnyConvertor())


async def _reference(
    prompt_id: Annotated[str, Path(description="A prompt's id, or `namespace/slug` with the slash as `%2F`")],
) -> PromptReference:
    return PromptReference.parse(prompt_id, loc=("path", "prompt_id"), with_version=False)


PromptInPath = Annotated[PromptReference, Depends(_reference)]
"""A route's parameter type for the prompt that its path names."""
