"""The import of a tenant's archive: in which order, what is left out, and what became of what it holds."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Self

from promptyard.domain.errors import InvalidRequest

IMPORTED = (
    "playgrounds",
    "prompts",
    "prompt_versions",
    "llm_blueprints",
    "metric_configurations",
    "datasets",
    "dataset_versions",
    "benchmarks",
    "benchmark_runs",
    "benchmark_cells",
    "benchmark_reports",
    "saved_runs",
    "runs",
    "moderation_reports",
)
"""What belongs to something comes after it. The rows of datasets come with their versions."""

NOT_IMPORTED: Mapping[str, str] = {
    "tenant": "the quotas, limits and retention that this deployment's operators have set hold",
    "keys": "an archive holds no keys: make new ones",
    "provider_keys": "an archive holds no keys: store them again",
    "collectors": "an archive holds no secrets, the headers of a collector among them: set it again",
    "months": "what was charged elsewhere is not charged here",
    "ledger": "what was charged elsewhere is not charged here",
    "audit": "it says who did what elsewhere; here it says who imported it",
}
"""What stays in the archive, and why."""

MAX_NAMED = 20
"""The ids that one reason names."""

WENT_ON = "it was going on when the archive was made"
EXPIRED = "it is older than this deployment keeps runs"
DELETED = "it was deleted here"

Phase = Literal["check", "write"]
PHASES: tuple[Phase, ...] = ("check", "write")


@dataclass(frozen=True, slots=True)
class ImportPosition:
    """How far an import has come: `lines` of `kind` are done, and all kinds before it."""

    phase: Phase = "check"
    kind: str = IMPORTED[0]
    lines: int = 0

    def __str__(self) -> str:
        return f"{self.phase}.{self.kind}.{self.lines}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises InvalidRequest."""
        match text.split("."):
            case ["check" | "write" as phase, kind, lines] if kind in IMPORTED and re.fullmatch("[0-9]{1,15}", lines):
                return cls(phase, kind, int(lines))
        raise InvalidRequest("No `next` of an import reads so", loc=("query", "after"), kind="import_position")

    def is_after(self, phase: Phase, kind: str) -> bool:
        """Whether all of that kind is done in that phase."""
        return _order(self.phase, self.kind) > _order(phase, kind)

    def skipped(self, phase: Phase, kind: str) -> int:
        """How many lines of that kind are done in that phase, where it is not done with them all."""
        return self.lines if (self.phase, self.kind) == (phase, kind) else 0


def _order(phase: Phase, kind: str) -> tuple[int, int]:
    return PHASES.index(phase), IMPORTED.index(kind)


@dataclass(slots=True)
class LeftOutThings:
    count: int = 0
    ids: list[str] = field(default_factory=list)
    """The first MAX_NAMED of them; none where a whole kind is left out."""


@dataclass(slots=True)
class TenantImportReport:
    """Of one request's work."""

    imported: Counter[str] = field(default_factory=Counter)
    there_already: Counter[str] = field(default_factory=Counter)
    left_out: dict[tuple[str, str], LeftOutThings] = field(default_factory=dict)
    """By kind and reason."""
    next: ImportPosition | None = None
    """Where to go on; None when it is done."""

    def leave_out(self, kind: str, reason: str, identifier: str) -> None:
        left = self.left_out.setdefault((kind, reason), LeftOutThings())
        left.count += 1
        if len(left.ids) < MAX_NAMED:
            left.ids.append(identifier)

    def leave_out_kinds(self, things: Mapping[str, int]) -> None:
        """`things` is how many there are of each kind."""
        for kind, reason in NOT_IMPORTED.items():
            if things.get(kind):
                self.left_out[kind, reason] = LeftOutThings(things[kind])
