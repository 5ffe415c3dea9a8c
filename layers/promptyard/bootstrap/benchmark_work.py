"""What carries benchmark runs out: what is done with the messages of their queue."""

from functools import cached_property

from promptyard.bootstrap.parts import Part
from promptyard.providers.network.webhooks import GuardedPoster
from promptyard.services.benchmarks.outside.outcomes import BenchmarkOutcomes
from promptyard.services.benchmarks.outside.triggers import BenchmarkTriggers, OutsideWork
from promptyard.services.benchmarks.outside.webhooks import Webhooks
from promptyard.services.benchmarks.spec_scorer import SpecScorer
from promptyard.services.benchmarks.work.cell_work import CellServices, CellWorker
from promptyard.services.benchmarks.work.finishing import Finisher
from promptyard.services.benchmarks.work.known_runs import KnownRuns
from promptyard.services.benchmarks.work.planning import Planner
from promptyard.services.benchmarks.work.worker import BenchmarkWorker


class BenchmarkWork(Part):
    @cached_property
    def worker(self) -> BenchmarkWorker:
        from promptyard.api.reports.page import html_report  # with every picture

        kept = self._parts.benchmarks
        planner = Planner(kept.run_store, kept.cells, kept.slots, kept.queue)
        finisher = Finisher(kept.run_store, kept.cells, self._known, kept.evidence, self._outcomes, page_of=html_report)
        return BenchmarkWorker(planner, CellWorker(self._cell_services), finisher, self._outside, kept.queue)

    @property
    def _cell_services(self) -> CellServices:
        kept, running = self._parts.benchmarks, self._parts.running
        return CellServices(
            known=self._known,
            cells=kept.cells,
            slots=kept.slots,
            queue=kept.queue,
            execution=kept.execution,
            runs=running.runs,
            store=self._parts.runs.store,
            sweeper=self._parts.runs.sweeper,
            ledger=self._parts.metering.ledger,
            resolver=self._parts.models.resolver,
            scorer=SpecScorer(running.scorer, self._parts.models.resolver),
        )

    @property
    def _outcomes(self) -> BenchmarkOutcomes:
        kept = self._parts.benchmarks
        return BenchmarkOutcomes(kept.run_store, kept.queue, self._parts.prompts.bus)

    @property
    def _outside(self) -> OutsideWork:
        kept = self._parts.benchmarks
        triggers = BenchmarkTriggers(kept.store, kept.runs, self._parts.callers.tenants, kept.dataset_uploads)
        webhooks = Webhooks(
            benchmarks=kept.store,
            runs=kept.run_store,
            deliveries=kept.delivery_store,
            secrets=kept.webhook_secrets,
            poster=self.poster,
            queue=kept.queue,
        )
        return OutsideWork(triggers, webhooks)

    @cached_property
    def _known(self) -> KnownRuns:
        kept = self._parts.benchmarks
        return KnownRuns(kept.run_store, kept.dataset_store, self._parts.prompts.prompts)

    @cached_property
    def poster(self) -> GuardedPoster:
        return GuardedPoster(self._parts.settings.allow_private_endpoints)

    async def close(self) -> None:
        if "poster" in vars(self):
            await self.poster.aclose()
