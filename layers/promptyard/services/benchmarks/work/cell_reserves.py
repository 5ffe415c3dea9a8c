"""What a cell reserves of its benchmark run's budget: what its run and its judges may cost at most."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from promptyard.domain.benchmarks.cells import is_judged_twice
from promptyard.domain.errors import InvalidRequest
from promptyard.domain.metering.ledger import from_pico

if TYPE_CHECKING:
    from promptyard.domain.account.access import Caller
    from promptyard.domain.benchmarks.benchmark import BenchmarkRun
    from promptyard.domain.benchmarks.cells import Cell, CellClaim
    from promptyard.domain.benchmarks.datasets import Row
    from promptyard.domain.runs.run import Run
    from promptyard.services.ports.benchmark_work import CellScorer
    from promptyard.services.runs.orders import RunOrder
    from promptyard.services.runs.runs import RunService

_UNKNOWN = "Nobody knows what the {} costs, and the benchmark has a budget"


@dataclass(frozen=True, slots=True)
class CellReserves:
    runs: "RunService"
    scorer: "CellScorer"
    caller: "Caller"
    run: "BenchmarkRun"
    cell: "Cell"

    async def needed(self, order: "RunOrder", row: "Row") -> Decimal:
        """In US dollars; 0 without a budget. Raises InvalidRequest where a price is not known, and what checking the
        order does."""
        if self.run.benchmark.budget_usd is None:
            return Decimal(0)
        planned = await self.runs.check(self.caller, order)
        if planned.pico_usd is None:
            raise InvalidRequest(_UNKNOWN.format("model"))
        judging = self._judging(order.run(self.caller), row, planned.output_tokens)
        if judging is None:
            raise InvalidRequest(_UNKNOWN.format("judge"))
        return from_pico(planned.pico_usd) + judging

    async def reach_for_judges(
        self, order: "RunOrder", row: "Row", run: "Run", claim: "CellClaim", lost_usd: Decimal | None
    ) -> bool:
        """Whether what the claim reserves is enough for the judges, now that there is an answer: but for one whose
        tokens are longer than words are, it is, unless judges were asked that came to no verdict, and cost that
        much."""
        if self.run.benchmark.budget_usd is None:
            return True
        judging = self._judging(run, row)
        if judging is None or lost_usd is None:
            return False
        if not judging:
            return True
        spent = run.cost_usd
        if spent is None:  # nobody said what it used: then it is charged what it had reserved
            spent = from_pico((await self.runs.check(self.caller, order)).pico_usd or 0)
        return spent + lost_usd + judging <= claim.reserved_usd

    def _judging(self, run: "Run", row: "Row", answer_tokens: int | None = None) -> Decimal | None:
        """`answer_tokens`: how many it will have at most, where there is no answer yet."""
        metrics = self.run.benchmark.metrics
        bound = self.scorer.judges_bound_usd(run, metrics, row, answer_tokens=answer_tokens)
        return None if bound is None else bound * (2 if is_judged_twice(self.run, self.cell) else 1)
