"""Many runs of one tenant at once, some of them asked for twice, some of whose processes die; and a look at whether
everything was charged as it should have been."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

from promptyard.domain.account.quotas import Quotas
from promptyard.domain.errors import Conflict, LimitReached, StoreUnavailable
from promptyard.domain.identifiers import random_id, time_ordered_id
from promptyard.domain.metering.ledger import (
    ChargeSource,
    Committed,
    LedgerEntry,
    MonthUsage,
    Totals,
    month_bounds,
    month_of,
    to_pico,
)
from promptyard.domain.metering.limits import Limits
from promptyard.domain.models.targets import Parameters, ProviderCall
from promptyard.domain.models.usage import Usage
from promptyard.domain.paging import PageRequest, each_page
from promptyard.domain.runs.run import Run, RunStatus
from promptyard.providers.registry import PROVIDERS
from promptyard.services.metering.meter import Meter
from promptyard.services.ports.runs import RunFilter
from promptyard.services.runs.execution import RunExecutor
from promptyard.services.runs.settling.sweeper import Sweeper
from promptyard.storage.metering.ledger import DynamoLedger
from promptyard.storage.metering.months import DynamoMonths
from promptyard.storage.runs.runs import DynamoRunStore
from promptyard.storage.table.objects import Objects
from promptyard.storage.table.table import Table
from promptyard_local.aws import LocalAws
from tests.support.aws.local_aws import RUNS_BUCKET, RUNS_TABLE, USAGE_TABLE, store_of_runs
from tests.support.doubles.metering import catalogue
from tests.support.doubles.mortal import (
    MAX_TOKENS,
    MOMENTS,
    BillingGateway,
    Crash,
    MortalLedger,
    MortalMonths,
    MortalRuns,
    MortalTable,
    PatientRuns,
    Process,
)
from tests.support.samples.sample_runs import new_run

WORKERS = 64
DUPLICATES = 0.2
CRASHES = 0.1
DEADLINE = timedelta(seconds=30)
SWEEP_SECONDS = 1.0
KEYS = ("key-a", "key-b")
OPENAI = next(row for row in PROVIDERS if row.id == "openai")


@dataclass(frozen=True, slots=True)
class Stores:
    aws: LocalAws
    runs: DynamoRunStore
    months: DynamoMonths
    ledger: DynamoLedger

    @staticmethod
    def of(aws: LocalAws) -> "Stores":
        clients, name = aws.clients, aws.names[USAGE_TABLE]
        table = Table(clients.dynamodb, name)
        return Stores(
            aws, store_of_runs(aws), DynamoMonths(table, Table(clients.dynamodb_once, name)), DynamoLedger(table)
        )

    def runs_of(self, process: Process) -> DynamoRunStore:
        """With a memory of its own, as a process has it."""
        clients, name = self.aws.clients, self.aws.names[RUNS_TABLE]
        tables = Table(clients.dynamodb, name), MortalTable(clients.dynamodb_once, name, process)
        return DynamoRunStore(*tables, Objects(clients.s3, self.aws.names[RUNS_BUCKET]))

    async def sweep(self, ahead: timedelta = timedelta(days=1), runs: type[DynamoRunStore] = PatientRuns) -> None:
        """As if it were so much later: in a day, every deadline is over."""
        await self.sweeper(runs).sweep(datetime.now(UTC) + ahead)

    def sweeper(self, runs: type[DynamoRunStore] = PatientRuns) -> Sweeper:
        store = store_of_runs(self.aws, kind=runs)
        return Sweeper(store, self.months, Meter(self.months, self.ledger, catalogue()))


@dataclass(slots=True)
class Chaos:
    """What happened."""

    stores: Stores
    tenant_quotas: Quotas
    key_quotas: Quotas
    tenant: str = field(default_factory=random_id)
    bill: dict[str, list[Usage]] = field(default_factory=lambda: defaultdict(list))
    overspent: list[str] = field(default_factory=list)
    """Of the months, as they were after each reservation."""
    crashed: set[str] = field(default_factory=set)
    """The ids of runs one of whose processes died, or was taken for dead."""
    refused: int = 0
    unanswered: int = 0
    """Told to come again: the store was slow, or others took the room each time that there was some."""
    conflicts: int = 0

    async def attempt(self, run: Run, key: str, process: Process) -> None:
        """One request for one run, in a process of its own."""
        meter = Meter(
            MortalMonths(process, self.stores.months, self.look), MortalLedger(process, self.stores.ledger), catalogue()
        )
        gateway = BillingGateway(process, self.bill)
        runs = self.stores.runs_of(process)
        executor = RunExecutor(MortalRuns(process, runs), gateway, meter)  # type: ignore[arg-type]
        limits = Limits(self.tenant_quotas, self.key_quotas, key)
        try:
            await executor.start(run, call_of(run), limits)
            for done in await asyncio.gather(*executor.going_on, return_exceptions=True):
                if done is not None:
                    raise done
        except LimitReached:
            self.refused += 1
        except StoreUnavailable:
            self.unanswered += 1
        except Conflict:
            self.conflicts += 1
        except Crash:
            self.crashed.add(run.id)
        await runs.counted()  # what it had sent arrives; a sweeper comes half a minute later

    def look(self, month: MonthUsage) -> None:
        """Whether that month is within its quotas."""
        for key, quotas in ((None, self.tenant_quotas), *((key, self.key_quotas) for key in KEYS)):
            committed = month.committed_of(key)
            assert quotas.tokens_per_month is not None
            assert quotas.usd_per_month is not None
            if committed.tokens > quotas.tokens_per_month or committed.pico_usd > to_pico(quotas.usd_per_month):
                self.overspent.append(f"overspent by {key or 'the tenant'}: {committed}")

    def new_run(self) -> Run:
        run_id = time_ordered_id()
        return new_run(
            id=run_id,
            tenant=self.tenant,
            provider="openai",
            model="gpt-4o",
            deadline_at=datetime.now(UTC) + DEADLINE,
            messages=[{"role": "user", "content": run_id}],
            parameters=Parameters(max_tokens=MAX_TOKENS),
        )


def call_of(run: Run) -> ProviderCall:
    return ProviderCall(
        row=OPENAI,
        model=run.model,
        messages=tuple(run.messages),
        parameters=run.parameters,
        base_url="",
        info=catalogue().model(run.provider, run.model),
    )


def new_chaos(attempts: int, stores: Stores) -> Chaos:
    """With quotas such that about half of so many runs are refused."""
    quota = Quotas(
        tokens_per_month=250 * attempts, usd_per_month=Decimal("0.001") * attempts, requests_per_minute=1_000_000
    )
    return Chaos(stores, quota, quota.model_copy(update={"tokens_per_month": 200 * attempts}))


async def chaos_of(attempts: int, stores: Stores, seed: int) -> Chaos:
    """That many attempts from 64 workers, with a sweeper beside them; then two sweepers beside each other."""
    chaos = new_chaos(attempts, stores)
    todo = _plans(chaos, attempts, random.Random(seed))

    async def work() -> None:
        for run, key, dies in todo:
            await chaos.attempt(run, key, Process(dies))

    sweeping = asyncio.create_task(_sweep_on_and_on(stores))
    try:
        await asyncio.gather(*(work() for _ in range(WORKERS)))
    finally:
        sweeping.cancel()
    await asyncio.gather(stores.sweep(), stores.sweep())
    await stores.sweep(runs=DynamoRunStore)
    return chaos


def _plans(chaos: Chaos, attempts: int, chance: random.Random) -> Iterator[tuple[Run, str, str | None]]:
    """A run, its key, and when its process dies; made when a worker asks for it, for runs have deadlines."""
    asked: list[tuple[Run, str]] = []
    for _ in range(attempts):
        if asked and chance.random() < DUPLICATES:
            again = chance.choice(asked[-2 * WORKERS :])
        else:
            again = (chaos.new_run(), chance.choice(KEYS))
            asked.append(again)
        yield *again, chance.choice(MOMENTS) if chance.random() < CRASHES else None


async def _sweep_on_and_on(stores: Stores) -> None:
    """What died is settled when its time is over, as everywhere: else the month's item only grows."""
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        with suppress(StoreUnavailable):
            await stores.sweep(timedelta(0))


async def violations(chaos: Chaos) -> list[str]:
    """What is wrong; empty when every promise was kept."""
    month_name = month_of(datetime.now(UTC))
    month = await chaos.stores.months.month(chaos.tenant, month_name)
    pages = [page async for page in chaos.stores.ledger.entries(chaos.tenant, *month_bounds(month_name))]
    ledger = {entry.run_id: entry for page in pages for entry in page}
    chaos.look(month)
    return [
        *chaos.overspent,
        *_overused(chaos),
        *_wrong_charges(chaos, ledger),
        *_differences(month, ledger.values()),
        *await _left_open(chaos),
        *await _miscounted(chaos),
    ]


def _overused(chaos: Chaos) -> Iterable[str]:
    used = sum(usage.total_tokens or 0 for calls in chaos.bill.values() for usage in calls)
    if used > (chaos.tenant_quotas.tokens_per_month or 0):
        yield f"the provider counted {used} tokens"


def _wrong_charges(chaos: Chaos, ledger: dict[str, LedgerEntry]) -> Iterable[str]:
    for run_id, calls in chaos.bill.items():
        used = calls[0].total_tokens or 0
        entry = ledger.get(run_id)
        if len(calls) > 1:
            yield f"{run_id} was sent {len(calls)} times"
        if entry is None:
            yield f"{run_id} was sent and not charged"
        elif entry.source is ChargeSource.EXPIRED and run_id in chaos.crashed:
            if entry.committed.tokens < used:
                yield f"{run_id} was charged less than it used"
        elif entry.committed.tokens != used:
            yield f"{run_id} used {used} and was charged {entry.committed.tokens}"
    for run_id in ledger.keys() - chaos.bill.keys() - chaos.crashed:
        yield f"{run_id} was charged and not sent"


def _differences(month: MonthUsage, entries: Iterable[LedgerEntry]) -> Iterable[str]:
    charged = list(entries)
    committed = sum((entry.committed for entry in charged), Committed())
    if month.open:
        yield f"{len(month.open)} reservations are open"
    if month.committed != committed:
        yield f"counted {month.committed}, charged {committed}"
    settled = sum((Totals.of(entry) for entry in charged), Totals())
    if month.settled != settled:
        yield f"summed {month.settled}, charged {settled}"
    if sum((month.committed_of(key) for key in KEYS), Committed()) != committed:
        yield "the keys' counts do not add up"


async def _miscounted(chaos: Chaos) -> list[str]:
    pages = partial(chaos.stores.runs.page, chaos.tenant)
    total = (await pages(RunFilter(), PageRequest(1))).total
    there = sum([len(runs) async for runs in each_page(partial(pages, RunFilter()), 100)])
    return [] if total == there else [f"{there} runs, counted as {total}"]


async def _left_open(chaos: Chaos) -> list[str]:
    still_running = partial(chaos.stores.runs.page, chaos.tenant, RunFilter(status=RunStatus.RUNNING))
    return [f"{run.id} is still running" async for runs in each_page(still_running, 100) for run in runs]
