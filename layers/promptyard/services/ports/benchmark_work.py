"""What working on benchmark runs needs from outside, beside what keeps them, as protocols."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from promptyard.domain.account.access import Caller
    from promptyard.domain.benchmarks.benchmark import BenchmarkRun, CellResult
    from promptyard.domain.benchmarks.datasets import Row
    from promptyard.domain.benchmarks.messages import EventMessage, WebhookMessage
    from promptyard.domain.runs.metrics.judge import JudgeRun
    from promptyard.domain.runs.metrics.spec import MetricSpec
    from promptyard.domain.runs.run import Run

NO_JUDGE_RUNS: "Mapping[str, JudgeRun]" = {}

ReportKind = Literal["json", "html"]


class ScoredCell(Protocol):
    """By the metrics' labels."""

    @property
    def scores(self) -> "Mapping[str, float | None]": ...

    @property
    def reasons(self) -> Mapping[str, str]: ...

    @property
    def judge_cost_usd(self) -> Decimal | None:
        """None where it is not known."""


class CellScorer(Protocol):
    async def score(
        self,
        caller: "Caller",
        run: "Run",
        specs: "Sequence[MetricSpec]",
        row: "Row",
        deadline_at: datetime,
        *,
        judges: bool = True,
        judge_runs: "Mapping[str, JudgeRun]" = NO_JUDGE_RUNS,
    ) -> ScoredCell:
        """A settled run by these metrics. Whatever goes wrong with one is why that one has no score. Without `judges`
        what they score has none, for there is no money for them. `judge_runs`: which run is whose judge, by label; what
        is kept of one is taken, and nobody asked."""

    def judges_bound_usd(
        self, run: "Run", specs: "Sequence[MetricSpec]", row: "Row", *, answer_tokens: int | None = None
    ) -> Decimal | None:
        """What the judges of these metrics may cost at most. `answer_tokens`: the run has no answer yet, and it will
        have at most so many. None where a price is not known."""


class EvidenceStore(Protocol):
    """What a benchmark run leaves when it ends."""

    async def put_results(self, run: "BenchmarkRun", part: int, results: "Sequence[CellResult]") -> None:
        """A part of the results, from 0, as JSONL."""

    async def put_report(self, run: "BenchmarkRun", kind: ReportKind, body: bytes) -> None: ...

    async def report(self, tenant: str, benchmark_run_id: str, kind: ReportKind) -> bytes:
        """Raises NotFound."""

    async def delete(self, tenant: str, benchmark_run_id: str) -> None:
        """All of it."""


class BenchmarkEnd(Protocol):
    async def ended(self, run: "BenchmarkRun") -> None:
        """Tell whoever is to know. May be called twice for a run."""


class OutsideMessages(Protocol):
    """Events that come in, and webhooks that are told."""

    async def event(self, message: "EventMessage") -> None: ...

    async def webhook(self, message: "WebhookMessage") -> None: ...
