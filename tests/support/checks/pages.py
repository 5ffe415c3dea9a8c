"""What the repository's pages hold: blocks, headings, links, and what stands in code."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from textwrap import dedent

REPOSITORY = Path(__file__).parents[3]
_ONES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "infra/README.md", "docs/llms.txt")
_BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block. `language` is empty for what a program shows."""

    language: str
    text: str
    line: int
    after: int
    """The number of lines between the end of the block before and this one's beginning, blanks left out."""


@dataclass(frozen=True)
class Page:
    path: Path

    @property
    def name(self) -> str:
        """By which it is known: its path in the repository."""
        return (self.path.relative_to(REPOSITORY) if self.path.is_relative_to(REPOSITORY) else self.path).as_posix()

    @cached_property
    def text(self) -> str:
        return self.path.read_text()

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """In their order."""
        found, end = [], 0
        for match in _BLOCK.finditer(self.text):
            between = [line for line in self.text[end : match.start()].splitlines() if line.strip()]
            line = self.text.count("\n", 0, match.start()) + 1
            found.append(Block(match[2], dedent(match[3]), line, len(between)))
            end = match.end()
        return tuple(found)

    @cached_property
    def prose(self) -> str:
        """Without the blocks."""
        return _BLOCK.sub("", self.text)

    @cached_property
    def anchors(self) -> frozenset[str]:
        """Of its headings, as GitHub makes them."""
        found: Counter[str] = Counter()
        anchors = set()
        for heading in _HEADING.findall(self.prose):
            shown = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
            anchor = re.sub(r"[^\w\- ]", "", shown).replace(" ", "-")
            anchors.add(f"{anchor}-{found[anchor]}" if anchor in found else anchor)
            found[anchor] += 1
        return frozenset(anchors)

    @property
    def links(self) -> list[str]:
        return _LINK.findall(self.prose)

    @property
    def code(self) -> list[str]:
        """What stands between single back-ticks."""
        return _CODE.findall(self.prose)

    def section(self, title: str) -> "Section":
        return Section(self.text.partition(f"\n## {title}\n")[2].partition("\n## ")[0])


@dataclass(frozen=True)
class Section:
    text: str

    def blocks(self, language: str) -> list[str]:
        return [dedent(match[3]) for match in _BLOCK.finditer(self.text) if match[2] == language]


def page(name: str) -> Page:
    """By its path in the repository."""
    return Page(REPOSITORY / name)


def pages() -> Iterator[Page]:
    """All that are written for a reader."""
    paths = [REPOSITORY / name for name in _ONES]
    for folder in ("docs", "examples"):
        paths += sorted((REPOSITORY / folder).rglob("*.md"))
    return map(Page, paths)
