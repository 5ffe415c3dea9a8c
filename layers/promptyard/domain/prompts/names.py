"""The names and ids of prompts and their versions.

Ids follow from names: a prompt's is a hash of its tenant, namespace and slug, a version's is its prompt's with the
number put in. So whoever knows a name knows where everything of it is kept, two writers who make the same prompt at
once make one, and a version is found by its id although nothing was written that leads from the one to the other.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from promptyard.domain.errors import InvalidRequest, NotFound

NAME_PATTERN = r"^[a-z0-9][a-z0-9._-]{0,63}$"
"""Of a namespace, a slug and a label."""
UUID_PATTERN = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
ALIAS_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"
"""Of an alias: without a slash, so that it is never taken for a name."""

_NUMBER_BITS = 24
MAX_VERSIONS = (1 << _NUMBER_BITS) - 1
"""What the number in a version's id has room for."""


def prompt_id(tenant: str, namespace: str, slug: str) -> str:
    """The prompt's UUID, of the custom version 8 (RFC 9562 §5.8): a hash of the name, its last 24 bits zero."""
    digest = hashlib.sha256(f"{tenant}#{namespace}/{slug}".encode()).digest()
    value = int.from_bytes(digest[:16], "big")
    value = value & ~(0xF << 76) | 0x8 << 76
    value = value & ~(0b11 << 62) | 0b10 << 62
    return str(UUID(int=value >> _NUMBER_BITS << _NUMBER_BITS))


def version_id(prompt: str, number: int) -> str:
    """The version's UUID: its prompt's, with the number in the last 24 bits."""
    if not 0 < number <= MAX_VERSIONS:
        raise ValueError(f"a version's number is 1 to {MAX_VERSIONS}")
    return str(UUID(int=UUID(prompt).int | number))


def split_version_id(identifier: str) -> tuple[str, int]:
    """The prompt's id and the number in a version's. Raises NotFound for what cannot be a version's."""
    value = UUID(identifier).int if re.fullmatch(UUID_PATTERN, identifier) else 0
    number = value & MAX_VERSIONS
    if number == 0:
        raise NotFound(f"No such prompt version: {identifier}")
    return str(UUID(int=value - number)), number


@dataclass(frozen=True, slots=True)
class PromptReference:
    """A prompt as a caller names it, by `id` or by `namespace` and `slug`, and which version is meant: by `number`,
    by `label` or, with neither, the newest."""

    name: str
    """As the caller wrote it."""
    id: str | None = None
    namespace: str = ""
    slug: str = ""
    number: int | None = None
    label: str | None = None

    @classmethod
    def parse(cls, text: str, *, loc: tuple[str, ...], with_version: bool = True) -> Self:
        """`…`, `…@3` or `…@production`, where … is a UUID or `namespace/slug`; only … where it is not `with_version`.
        Raises InvalidRequest at `loc`."""
        name, at, selector = text.partition("@") if with_version else (text, "", "")
        namespace, _, slug = name.partition("/")
        is_id = re.fullmatch(UUID_PATTERN, name) is not None
        if not is_id and not (_is_name(namespace) and _is_name(slug)):
            raise InvalidRequest(
                "Give a prompt's id or namespace/slug, both of a-z, 0-9, '.', '_' and '-', at most 64 characters each",
                loc=loc,
                kind="prompt_reference",
            )
        number = int(selector) if re.fullmatch("[1-9][0-9]{0,7}", selector) else None
        if at and number is None and not is_label(selector):
            raise InvalidRequest(
                "After the @ comes a version's number, from 1, or a label", loc=loc, kind="prompt_reference"
            )
        label = selector if at and number is None else None
        if is_id:
            return cls(name, id=str(UUID(name)), number=number, label=label)
        return cls(name, namespace=namespace, slug=slug, number=number, label=label)

    def __str__(self) -> str:
        selector = self.label if self.number is None else self.number
        return self.name if selector is None else f"{self.name}@{selector}"

    def prompt_id(self, tenant: str) -> str:
        return self.id or prompt_id(tenant, self.namespace, self.slug)


def is_alias(text: str) -> bool:
    """An alias is never taken for an id either."""
    return re.fullmatch(ALIAS_PATTERN[1:-1], text) is not None and re.fullmatch(UUID_PATTERN, text) is None


def is_label(text: str) -> bool:
    """A label of digits alone would read as a version's number."""
    return _is_name(text) and not text.isdigit()


def label_name(text: str) -> str:
    """The label. Raises ValueError for digits alone."""
    if not is_label(text):
        raise ValueError("a label of digits alone would read as a version's number")
    return text


def _is_name(text: str) -> bool:
    # Python's `$` would let a line end pass.
    return re.fullmatch(NAME_PATTERN[1:-1], text) is not None
