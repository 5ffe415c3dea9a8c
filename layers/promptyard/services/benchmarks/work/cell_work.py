"""A cell's way: its row becomes a prompt, the prompt a run, the run's answer scores, and all of that one result, which
counts once.

What dies on the way is found by who comes next. The order of the writes says how: the claim, which has the run's id;
the run's own; the result; the count; the release of the claim. A cell that has a result is only counted and released; a
claim whose worker is gone has the id of the run that it may have begun, and that run is settled, and its answer taken
where it has one. So are its judges. So a cell is paid once, but for runs that were left without an answer.
"""

import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import ceil
from typing import TYPE_CHECKING

from promptyard.domain.account.access import Caller, Role
from promptyard.domain.benchmarks.benchmark import GOING_ON, BenchmarkRun, BenchmarkStatus, CellResult, CellStatus
from promptyard.domain.benchmarks.cells import MAX_ATTEMPTS, MAX_DEATHS, Cell, CellClaim, RefusedCell, is_judged_twice
from promptyard.domain.benchmarks.messages import CellMessage, FinishMessage, text_of
from promptyard.domain.diagnostics import crash_fields
from promptyard.domain.errors import (
    Conflict,
    DeadlineExceeded,
    GuardsUnavailable,
    InvalidRequest,
    LimitReached,
    NotFound,
    PromptyardError,
    ProviderRateLimited,
    StoreUnavailable,
)
from promptyard.domain.identifiers import time_ordered_id
from promptyard.domain.metering.charges import SETTLE_GRACE
from promptyard.domain.metering.ledger import from_pico
from promptyard.domain.runs.run import Run
from promptyard.services.benchmarks.work.cell_orders import order_of
from promptyard.services.benchmarks.work.cell_outcomes import poison_of, result_of, step_after
from promptyard.services.benchmarks.work.cell_reserves import CellReserves
from promptyard.services.benchmarks.work.cell_scoring import AnsweredCell, CellScoring, judged_labels, score_cell
from promptyard.services.benchmarks.work.judge_runs import JudgeRunFinder
from promptyard.services.benchmarks.work.later import Later

if TYPE_CHECKING:
    from promptyard.domain.benchmarks.datasets import Row
    from promptyard.services.benchmarks.work.execution import Execution
    from promptyard.services.benchmarks.work.known_runs import KnownRuns
    from promptyard.services.ports.benchmark_work import CellScorer
    from promptyard.services.ports.benchmarks import CellStore, Queue, SlotStore
    from promptyard.services.ports.metering import LedgerStore
    from promptyard.services.ports.runs import RunStore
    from promptyard.services.runs.orders import RunOrder
    from promptyard.services.runs.runs import RunService
    from promptyard.services.runs.settling.sweeper import Sweeper
    from promptyard.services.runs.targets import TargetResolver

SCORING = timedelta(seconds=60)
"""How long judges may take, after the run."""
BACK_OFF_SECONDS = 1.0
"""Before another attempt, twice as long each time, where the provider does not say."""
MAX_CRASHES = 4
FULL_SECONDS = 0.35
"""Before the next look for a slot; some of those that wait find one soon, for they look at different times."""
DEADLY = "Every worker that had it has ended without an answer"
QUOTA_PATIENCE_SECONDS = 120
"""A quota that has no room for longer ends the benchmark run; it can be resumed."""


logger = logging.getLogger("promptyard.benchmarks")


@dataclass(frozen=True, slots=True)
class CellServices:
    """What a cell's way leads through."""

    known: "KnownRuns"
    cells: "CellStore"
    slots: "SlotStore"
    queue: "Queue"
    execution: "Execution"
    runs: "RunService"
    store: "RunStore"
    sweeper: "Sweeper"
    ledger: "LedgerStore"
    resolver: "TargetResolver"
    scorer: "CellScorer"


class CellWorker:
    def __init__(self, services: CellServices) -> None:
        self._of = services

    async def work(self, message: CellMessage, *, seconds: float) -> None:
        """Do what is left to do of the cell; `seconds`: how long a run may take. What cannot be run is kept as poison,
        and put aside. Raises Later, and StoreUnavailable."""
        run = await self._of.known.run(message.tenant, message.benchmark_run_id)
        if run.status not in GOING_ON:
            return
        work = _Work(self._of, run, Cell.of(run, message.number), message, seconds)
        try:
            await work.do()
        except InvalidRequest as unfit:
            await work.poison(unfit.message)
        except (Later, StoreUnavailable):
            raise
        except Exception as unexpected:  # noqa: BLE001 - one cell's crash is no other's
            crash = {"benchmark_run_id": run.id, "row": work.cell.row, **crash_fields(unexpected)}
            logger.error("cell crashed", extra=crash)
            if message.crashes + 1 >= MAX_CRASHES:
                await work.poison("Something went wrong on our side, again and again")
            else:
                again = message.model_copy(update={"crashes": message.crashes + 1})
                await self._of.queue.send([again], delay_seconds=2**again.crashes)


class _Work:
    """One delivery of one cell."""

    def __init__(
        self, services: CellServices, run: BenchmarkRun, cell: Cell, message: CellMessage, seconds: float
    ) -> None:
        self._of = services
        self._run = run
        self.cell = cell
        self._message = message
        self._seconds = seconds
        self._provider = ""
        self._held: CellClaim | None = None
        self._caller = Caller(run.benchmark.tenant, Role.MEMBER, id=run.created_by, quotas=run.quotas)
        self._reserves = CellReserves(services.runs, services.scorer, self._caller, run, self.cell)

    async def do(self) -> None:
        """Raises Later, and InvalidRequest for a cell that cannot be run."""
        if self._of.known.is_full(self._run):
            raise Later(FULL_SECONDS)
        order, row = await self._order()
        new = await self._new_claim(order, row)
        claim = await self._of.slots.claim(self._run, self.cell.number, new, self._provider)
        if isinstance(claim, RefusedCell) and claim.why != "budget":
            raise self._wait_for(claim)
        known = await self._of.cells.result(self._run, self.cell.number)
        if known is not None:
            await self._close(claim, known)
        elif isinstance(claim, RefusedCell):
            await self._end_over_budget()
        elif claim.deaths >= MAX_DEATHS:  # what ended the others would end this one
            await self.poison(DEADLY)
            await self._release(claim, None)
        else:
            self._held = claim
            await self._conclude(order, row, *await self._answer(order, claim))

    def _wait_for(self, claim: RefusedCell) -> Later:
        """What another worker has is free when that one's time is over, and nobody else waits for it."""
        if claim.why == "busy":
            return Later(claim.wait_seconds, exact=True)
        if claim.why == "full":
            self._of.known.note_full(self._run)
        return Later(min(30, max(FULL_SECONDS, claim.wait_seconds)))

    async def poison(self, why: str) -> None:
        """Keep that it cannot be run, and put it aside; but for a cell that has an answer all the same."""
        result = poison_of(self.cell, why)
        if not await self._of.cells.add(self._run, self.cell.number, result):
            result = await self._of.cells.result(self._run, self.cell.number) or result
        await self._close(self._held, result)

    async def _end_over_budget(self) -> None:
        """Unless it was given another budget since it was read."""
        self._of.known.forget(self._run)
        run = await self._of.known.run(self._run.benchmark.tenant, self._run.id)
        if run.benchmark.budget_usd != self._run.benchmark.budget_usd:
            raise Later(0)
        await self._of.execution.end(run, BenchmarkStatus.OVER_BUDGET, "The budget is used up")

    async def _order(self) -> "tuple[RunOrder, Row]":
        try:
            order, row = await order_of(self._of.known, self._run, self.cell, self._seconds)
            self._provider = self._of.resolver.model(order.whole_target).provider.id
        except PromptyardError as refusal:
            raise await self._refused(refusal) from None
        return order, row

    async def _new_claim(self, order: "RunOrder", row: "Row") -> CellClaim:
        """It reserves what the run and its judges may cost, where there is a budget."""
        try:
            reserved = await self._reserves.needed(order, row)
        except PromptyardError as refusal:
            raise await self._refused(refusal) from None
        return self._claim(reserved)

    def _claim(self, reserved_usd: Decimal) -> CellClaim:
        until = datetime.now(UTC) + timedelta(seconds=self._seconds) + SETTLE_GRACE + SCORING
        return CellClaim(time_ordered_id(), until, reserved_usd, self._message.attempt)

    async def _answer(self, order: "RunOrder", claim: CellClaim) -> tuple[Run, PromptyardError | None]:
        """The settled run of the claim, and why it did not succeed."""
        left = await self._left_behind(claim) if claim.deaths else None
        if left is not None:
            return left, None if left.error is None else left.error.as_error()
        try:
            handle = await self._of.runs.start(self._caller, replace(order, run_id=self._held_claim.run_id))
        except PromptyardError as refusal:
            await self._release(self._held_claim, Decimal(0))
            raise await self._refused(refusal) from None
        settled = await handle.settled()
        if handle.is_recorded:
            return settled.run, settled.error
        run = await self._recorded(settled.run)
        return run, None if run.error is None else run.error.as_error()

    async def _recorded(self, run: Run) -> Run:
        """What the history has of it: somebody has taken it for left behind and settled it. Raises Later where it has
        no end yet: whoever has the cell next settles it."""
        try:
            run = await self._of.store.get(run.tenant, run.id)
        except NotFound:  # deleted meanwhile
            return run
        if not run.settled:
            raise Later((self._held_claim.until - datetime.now(UTC)).total_seconds(), exact=True)
        return run

    async def _left_behind(self, claim: CellClaim) -> Run | None:
        """What a worker that died has begun, settled as the sweeper does it: its time is over. None where it has begun
        nothing: the claim is then for a new run."""
        tenant = self._run.benchmark.tenant
        try:
            run = await self._of.store.get(tenant, claim.run_id)
        except NotFound:
            self._held = replace(claim, run_id=time_ordered_id())
            if await self._of.slots.renew(self._run, self.cell.number, claim, self._held.run_id):
                return None
            raise Later(1) from None
        if not run.settled:
            await self._of.sweeper.settle(run)
            run = await self._of.store.get(tenant, claim.run_id)
        return run

    @property
    def _held_claim(self) -> CellClaim:
        assert self._held is not None, "whoever works on a cell has claimed it"
        return self._held

    async def _conclude(self, order: "RunOrder", row: "Row", run: Run, error: PromptyardError | None) -> None:
        claim, step = self._held_claim, step_after(run, error)
        attempt = max(claim.attempt, self._message.attempt) + 1
        if step == "again" and attempt < MAX_ATTEMPTS:
            await self._another_attempt(claim, run, error, attempt)
            return
        if step == "again" and claim.deaths:
            await self.poison(DEADLY)
            return
        scores = None
        if step == "done":
            scores = await self._scored(order, row, run, claim)
        result = result_of(self.cell, run, scores)
        if not await self._of.cells.add(self._run, self.cell.number, result):
            result = await self._of.cells.result(self._run, self.cell.number) or result
        await count(self._of, self._run, self.cell.number, result, self._message.spent_usd)
        await self._release(claim, result.whole_cost_usd)

    async def _scored(self, order: "RunOrder", row: "Row", run: Run, claim: CellClaim) -> CellScoring:
        finder = JudgeRunFinder(self._of.store, self._of.sweeper, self._of.ledger)
        labels = judged_labels(self._run.benchmark.metrics, row)
        twice = is_judged_twice(self._run, self.cell)
        judges = await finder.find(run, labels, claim.taken_over, twice=twice)
        can_be_judged = await self._reserves.reach_for_judges(order, row, run, claim, judges.lost_usd)
        until = datetime.now(UTC) + SCORING
        answered = AnsweredCell(self._caller, row, run, until, judges=can_be_judged, judge_runs=judges)
        return await score_cell(self._of.scorer, answered, self._run, self.cell)

    async def _another_attempt(self, claim: CellClaim, run: Run, error: PromptyardError | None, attempt: int) -> None:
        """What the run that came to nothing was charged counts with the cell."""
        entry = await self._of.ledger.entry(self._run.benchmark.tenant, run.id)
        charged = None if entry is None or entry.pico_usd is None else from_pico(entry.pico_usd)
        seconds = (error.retry_after if error is not None else None) or BACK_OFF_SECONDS * 2**attempt
        if isinstance(error, ProviderRateLimited):
            until = datetime.now(UTC) + timedelta(seconds=seconds)
            await self._of.slots.pause(self._run, self._provider, until)
        await self._release(claim, charged)
        spent = self._message.spent_usd + (claim.reserved_usd if charged is None else charged)
        again = self._message.model_copy(update={"attempt": attempt, "spent_usd": spent})
        await self._of.queue.send([again], delay_seconds=ceil(seconds))

    async def _close(self, claim: CellClaim | RefusedCell | None, known: CellResult) -> None:
        """The cell has a result: whoever had it may have died before the rest."""
        if known.status is CellStatus.POISON:
            logger.warning("cell put aside", extra={"benchmark_run_id": self._run.id, "row": known.row})
            await self._of.queue.put_aside(text_of(self._message))
        await count(self._of, self._run, self.cell.number, known, self._message.spent_usd)
        if isinstance(claim, CellClaim):
            await self._release(claim, known.whole_cost_usd if claim.deaths else Decimal(0))

    async def _refused(self, refusal: PromptyardError) -> Exception:
        """What it is to be raised as."""
        if isinstance(refusal, StoreUnavailable | InvalidRequest):
            return refusal
        if isinstance(refusal, LimitReached):
            seconds = refusal.retry_after or 1
            if seconds > QUOTA_PATIENCE_SECONDS:
                await self._of.execution.end(self._run, BenchmarkStatus.FAILED, refusal.message)
            return Later(seconds)
        if isinstance(refusal, Conflict | DeadlineExceeded | GuardsUnavailable):
            return Later(5)
        return InvalidRequest(refusal.message)

    async def _release(self, claim: CellClaim, spent_usd: Decimal | None) -> None:
        await self._of.slots.release(self._run, self.cell.number, claim, spent_usd)
        self._of.known.note_room(self._run)


async def count(services: CellServices, run: BenchmarkRun, number: int, result: CellResult, spent_usd: Decimal) -> None:
    """The last one says so."""
    counted = await services.cells.count(run, number, result, spent_usd)
    if counted.block_done and await services.cells.all_counted(run):
        await services.queue.send([FinishMessage(tenant=run.benchmark.tenant, benchmark_run_id=run.id)])
