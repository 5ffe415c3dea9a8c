"""What of an import is not taken, by file, line and name."""

from dataclasses import dataclass, field

from promptyard.domain.benchmarks.imports.documents import Node
from promptyard.domain.errors import BadLines

MAX_NAMED = 100
"""So many are named in full; all are counted."""


@dataclass(frozen=True, slots=True, order=True)
class Refusal:
    file: str
    line: int
    """From 1."""
    name: str
    """What is refused: `assert similar`, `provider exec`."""
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.name} {self.reason}"


class ImportRefused(BadLines):
    """What was to be imported cannot be taken whole. `refusals` are in the order of the file."""

    def __init__(self, refusals: list[Refusal]) -> None:
        named = [(one.line, f"{one.file}: {one.name} {one.reason}") for one in refusals[:MAX_NAMED]]
        super().__init__(named, len(refusals))
        self.refusals = refusals


@dataclass(slots=True)
class Refusals:
    """Gathers them; what is refused is left out and the rest is read on."""

    found: list[Refusal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What was taken, but not as it stands."""

    def add(self, node: Node, name: str, reason: str) -> None:
        refusal = Refusal(node.file, node.line, name, reason)
        if refusal not in self.found[-50:]:
            self.found.append(refusal)

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def unknown_fields(self, node: Node, known: frozenset[str], what: str) -> None:
        for name, field_node in node.fields.items():
            if name not in known:
                self.add(field_node, f"{what} {name}", "is not known here")

    def settle(self, *, skip_unsupported: bool) -> list[Refusal]:
        """What is left out. Raises ImportRefused where nothing may be."""
        if self.found and not skip_unsupported:
            raise ImportRefused(sorted(self.found, key=lambda one: (one.file, one.line)))
        return self.found
