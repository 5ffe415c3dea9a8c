"""What becomes of a thing of an archive: it is written, was there already, or is left out for a reason."""

from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from promptyard.domain.benchmarks.benchmark import BenchmarkRun
from promptyard.domain.errors import NotFound
from promptyard.domain.tenant_data.importing import DELETED, TenantImportReport

IMPORTED_NOW, THERE = "", "there"
Outcome = str
"""One of these, or why it was left out."""


@dataclass(frozen=True, slots=True)
class ImportInto:
    """The tenant that takes an archive, and what became of it so far."""

    tenant: str
    retention_days: int | None
    kept_since: datetime | None
    """What is older than that is not kept here."""
    report: TenantImportReport = field(default_factory=TenantImportReport)
    benchmark_runs: dict[str, BenchmarkRun | None] = field(default_factory=dict)
    """The one whose cells were written last, as it is here; None where it is not."""

    def keeps(self, moment: datetime) -> bool:
        return self.kept_since is None or moment >= self.kept_since

    def count(self, kind: str, identifier: str, outcome: Outcome) -> None:
        if outcome == IMPORTED_NOW:
            self.report.imported[kind] += 1
        elif outcome == THERE:
            self.report.there_already[kind] += 1
        else:
            self.report.leave_out(kind, outcome, identifier)


async def there(found: Awaitable[Any], *, else_: str = DELETED) -> Outcome:
    """Of what has the id already: deleted things hold theirs for a day."""
    try:
        await found
    except NotFound:
        return else_
    return THERE
