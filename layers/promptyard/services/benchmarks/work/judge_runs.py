"""The runs of a cell's judges. Their ids are made of the run that they judge, of the metric, and of the moment from
which on a worker has had that run: so whoever comes after a worker that died finds the verdicts that are paid for."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import product
from typing import TYPE_CHECKING

from promptyard.domain.errors import NotFound
from promptyard.domain.identifiers import id_for
from promptyard.domain.metering.ledger import from_pico
from promptyard.domain.runs.metrics.judge import JudgeRun
from promptyard.domain.runs.run import Run, RunStatus

if TYPE_CHECKING:
    from promptyard.services.ports.metering import LedgerStore
    from promptyard.services.ports.runs import RunStore
    from promptyard.services.runs.settling.sweeper import Sweeper


@dataclass(frozen=True, slots=True)
class JudgeRuns:
    times: Sequence[Mapping[str, JudgeRun]] = ({}, {})
    """By the metrics' labels: when they are asked first, and when they are asked once more."""
    lost_usd: Decimal | None = Decimal(0)
    """What those were charged that came to no verdict, for their workers died; None where that is not known."""


@dataclass(frozen=True, slots=True)
class JudgeRunFinder:
    store: "RunStore"
    sweeper: "Sweeper"
    ledger: "LedgerStore"

    async def find(
        self, run: Run, labels: Sequence[str], taken_over: Sequence[datetime], *, twice: bool = False
    ) -> JudgeRuns:
        """Of the judges of that settled run. `taken_over`: when workers took the cell over from others that had died;
        their time is over, and so is that of their judges. Raises StoreUnavailable."""
        moments = sorted({run.settled_at or run.created_at, *taken_over})
        asked = list(product(range(1 + twice), labels))
        found = await asyncio.gather(*(self._one(run, f"{time}/{label}", moments) for time, label in asked))
        times: tuple[dict[str, JudgeRun], ...] = ({}, {})
        lost: Decimal | None = Decimal(0)
        for (time, label), (judge, one) in zip(asked, found, strict=True):
            times[time][label] = judge
            lost = None if lost is None or one is None else lost + one
        return JudgeRuns(times, lost)

    async def _one(self, judged: Run, name: str, moments: Sequence[datetime]) -> tuple[JudgeRun, Decimal | None]:
        """The judge, and what those before it have lost."""
        *earlier, new = (id_for(f"{judged.id}/{name}", moment) for moment in moments)
        lost: Decimal | None = Decimal(0)
        for run_id in earlier:
            run = await self._settled(judged.tenant, run_id)
            if run is None:
                continue
            if run.status is RunStatus.SUCCEEDED:
                return JudgeRun(run_id, kept=run), lost
            entry = await self.ledger.entry(judged.tenant, run_id)
            charged = None if entry is None else entry.pico_usd
            lost = None if lost is None or charged is None else lost + from_pico(charged)
        return JudgeRun(new), lost

    async def _settled(self, tenant: str, run_id: str) -> Run | None:
        """As the sweeper settles what was left; None where it was never begun."""
        try:
            run = await self.store.get(tenant, run_id)
            if not run.settled:
                await self.sweeper.settle(run)
                run = await self.store.get(tenant, run_id)
        except NotFound:
            return None
        return run
