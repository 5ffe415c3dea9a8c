"""A benchmark run whose messages are delivered twice, some of whose rows cannot be run, and whose workers die; and a
look at what came of it."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from promptyard.aws.queue import BenchmarkQueue, Received
from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.whole import whole
from promptyard.domain.benchmarks.benchmark import GOING_ON, BenchmarkRun, CellResult, CellStatus
from promptyard.domain.benchmarks.cells import MAX_DEATHS
from promptyard.domain.benchmarks.datasets import DatasetVersion, Row
from promptyard.domain.benchmarks.evidence.report import BenchmarkReport
from promptyard.domain.benchmarks.messages import CellMessage, Message, PlanMessage, read_message, text_of
from promptyard.domain.metering.ledger import LedgerEntry, month_bounds, month_of
from promptyard.domain.runs.run import Run, RunStatus
from promptyard.providers.gateway import Gateway
from promptyard.services.benchmarks.spec_scorer import SpecScorer
from promptyard.services.benchmarks.work.cell_work import CellServices, CellWorker
from promptyard.services.benchmarks.work.execution import Execution
from promptyard.services.benchmarks.work.finishing import Finisher
from promptyard.services.benchmarks.work.known_runs import KnownRuns
from promptyard.services.benchmarks.work.planning import Planner
from promptyard.services.benchmarks.work.worker import BenchmarkWorker
from promptyard.services.metering.meter import Meter
from promptyard.services.playgrounds.judge import Judge
from promptyard.services.playgrounds.scoring import Scorer
from promptyard.services.ports.runs import RunFilter
from promptyard.services.runs.execution import RunExecutor
from promptyard.services.runs.runs import RunService
from promptyard.services.runs.settling.sweeper import Sweeper
from promptyard.settings import Settings
from promptyard.storage.benchmarks.benchmark_runs import DynamoBenchmarkRunStore
from promptyard.storage.benchmarks.cell_slots import DynamoSlotStore
from promptyard.storage.benchmarks.cells import DynamoCellStore
from promptyard.storage.benchmarks.evidence import S3EvidenceStore
from promptyard.storage.runs.runs import DynamoRunStore
from promptyard_local.aws import LocalAws
from promptyard_local.sqs.client import EmbeddedSQSClient
from tests.support.doubles.mortal import Crash

TENANT = "local"
MAX_RECEIVES = "1000"
SWEEP_AFTER = 20
"""Workers that have died."""
UNFIT, DEADLY = "unfit", "deadly"


class Life:
    """Of a worker's process: it ends at a step, before or after that is carried out, and then nothing that it tries
    reaches anything. `ends_at`: what it does not survive being asked for."""

    def __init__(self, steps: float, ends_at: str | None = None) -> None:
        self.steps = steps
        self.ends_at = ends_at
        self.ended = asyncio.Event()

    async def step(self, name: str, work: Callable[[], Awaitable[Any]]) -> Any:
        if name == self.ends_at:
            self.steps = 0
        self._pass()
        await asyncio.sleep(0)  # others come between, whatever the store is
        result = await work()
        await asyncio.sleep(0)
        self._pass()
        return result

    def _pass(self) -> None:
        self.steps -= 0.5
        if self.steps <= 0:
            self.ended.set()
            raise Crash


class Mortal:
    """Whatever is asked of it is a step of that life; what is no coroutine is not."""

    def __init__(self, inner: Any, life: Life) -> None:
        self._inner = inner
        self._life = life

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        if not asyncio.iscoroutinefunction(method):
            return method
        return lambda *args, **given: self._life.step(name, lambda: method(*args, **given))


class MadeRows:
    """A dataset of any size that takes no room. Every twentieth row cannot be run: half of those lack what the prompt
    needs, half end every worker that works on them."""

    def __init__(self, count: int, poison: bool = True) -> None:
        self.count = count
        self.poison = poison

    async def get(self, tenant: str, dataset_id: str) -> Any:
        raise NotImplementedError

    async def version(self, tenant: str, dataset_id: str, number: int | None) -> DatasetVersion:
        return DatasetVersion(
            id=dataset_id,
            dataset_id=dataset_id,
            number=1,
            format="jsonl",
            row_count=self.count,
            bytes=0,
            mapping={},
            created_at=datetime.now(UTC),
            created_by="ci",
        )

    async def rows(self, tenant: str, version: DatasetVersion, first: int, count: int) -> list[Row]:
        return [self.row(number) for number in range(first, min(first + count, self.count + 1))]

    def kind(self, number: int) -> str | None:
        if not self.poison or number % 20:
            return None
        return UNFIT if number % 40 else DEADLY

    def row(self, number: int) -> Row:
        kind = self.kind(number)
        variables = {} if kind == UNFIT else {"question": f"question {number}"}
        return Row(id=f"row-{number}", number=number, variables=variables, reference=f"question {number}")


class Told:
    def __init__(self) -> None:
        self.runs: list[BenchmarkRun] = []

    async def ended(self, run: BenchmarkRun) -> None:
        self.runs.append(run)


@dataclass
class BenchmarkChaos:
    """`deaths`: of so many deliveries a worker dies, after some steps, or in one of `ends_at`; `doubles`: so many are
    delivered twice."""

    aws: LocalAws
    sqs: EmbeddedSQSClient
    rows: MadeRows
    deaths: float = 0.0
    ends_at: Sequence[str] = ()
    doubles: float = 0.0
    seed: int = 1
    seconds: float = 3.0
    at_once: int = 100
    told: Told = field(default_factory=Told)
    died: int = 0
    doubled: int = 0
    _swept_at: int = 0
    """How many had died."""

    def __post_init__(self) -> None:
        self._deaths: Counter[int] = Counter()
        self.chance = random.Random(self.seed)
        settings = Settings(auth="open")
        environment = {**self.aws.names, "OPENAI_API_KEY": "sk-none"}
        self.parts: Parts = whole(settings, environment, self.aws.clients)
        table = self.parts.table("benchmarks")
        self.runs = DynamoBenchmarkRunStore(table)
        self.cells, self.slots = DynamoCellStore(table), DynamoSlotStore(table)
        self.evidence = S3EvidenceStore(self.parts.bucket)
        self.sqs.create_queue(QueueName="dead")
        policy = f'{{"deadLetterTargetArn": "arn:aws:sqs:x:0:dead", "maxReceiveCount": {MAX_RECEIVES}}}'
        # Where no worker dies a message comes once, however long the first one takes on a machine that has much to do.
        visibility = "2" if self.deaths else "60"
        self.sqs.create_queue(QueueName="work", Attributes={"VisibilityTimeout": visibility, "RedrivePolicy": policy})
        self.queue = BenchmarkQueue(lambda: self.sqs, "work", "dead", at_once=True)
        self.known = KnownRuns(self.runs, self.rows, self.parts.prompts.prompts)  # type: ignore[arg-type]
        self.gateway: Any = Gateway(allow_private_endpoints="loopback")
        self.running: set[asyncio.Task[None]] = set()

    def worker(self, life: Life) -> tuple[BenchmarkWorker, RunExecutor, DynamoRunStore]:
        """Of a process of its own."""
        parts, of = self.parts, lambda inner: Mortal(inner, life)
        store = DynamoRunStore(parts.table("runs"), parts.table("runs"), parts.bucket)
        months, ledger = of(parts.metering.months), of(parts.metering.ledger)
        meter = Meter(months, ledger, parts.models.catalogue)
        executor = RunExecutor(of(store), self.gateway, meter)
        runs = RunService(executor, parts.models.resolver, parts.callers.tenants, parts.running.places)
        cells, slots, queue, kept = of(self.cells), of(self.slots), of(self.queue), of(self.runs)
        execution = Execution(kept, slots, of(store), queue)
        services = CellServices(
            known=self.known,
            cells=cells,
            slots=slots,
            queue=queue,
            execution=execution,
            runs=runs,
            store=of(store),
            sweeper=Sweeper(of(store), months, meter),
            ledger=ledger,
            resolver=parts.models.resolver,
            scorer=SpecScorer(Scorer(Judge(runs.start, parts.models.resolver), None), parts.models.resolver),
        )
        worker = BenchmarkWorker(
            Planner(kept, cells, slots, queue),
            CellWorker(services),
            Finisher(kept, cells, self.known, of(self.evidence), self.told),
            None,  # type: ignore[arg-type] # nothing comes from outside
            queue,
        )
        return worker, executor, store

    async def run(self, run: BenchmarkRun, patience: float) -> BenchmarkRun:
        """Work until it has ended and the queue is empty."""
        await self.runs.add(run)
        await self.queue.send([PlanMessage(tenant=TENANT, benchmark_run_id=run.id)])
        return await self.work(run, patience)

    async def work(self, run: BenchmarkRun, patience: float) -> BenchmarkRun:
        """Until it has ended and the queue is empty."""
        async with asyncio.timeout(patience):
            while not await self._is_over(run):
                await self._take()
                await self._sweep_in_time()
        await self.parts.runs.sweeper.sweep(datetime.now(UTC) + timedelta(days=1))
        return await self.runs.get(TENANT, run.id)

    async def _sweep_in_time(self) -> None:
        """As a deployment does each minute: what workers that died have reserved is not carried along for ever."""
        if self.died >= self._swept_at + SWEEP_AFTER:
            self._swept_at = self.died
            await self.parts.runs.sweeper.sweep(datetime.now(UTC))

    async def _is_over(self, run: BenchmarkRun) -> bool:
        if self.running or self.sqs.texts("work"):
            return False
        return (await self.runs.get(TENANT, run.id)).status not in GOING_ON

    async def _take(self) -> None:
        room = self.at_once - len(self.running)
        received = await self.queue.receive(min(10, room)) if room > 0 else []
        for one in received:
            again = self.chance.random() < self.doubles
            self.doubled += again
            for _ in range(1 + again):
                task = asyncio.create_task(self._deliver(one))
                self.running.add(task)
                task.add_done_callback(self.running.discard)
        await asyncio.sleep(0 if received else 0.02)

    async def _deliver(self, received: Received) -> None:
        life = self._life(received)
        wait = await self._handled(received.text, life, received.receives)
        if life.ended.is_set():
            self.died += 1
        elif wait is None:
            await self._answered(self.queue.delete(received.receipt))
        else:
            await self._answered(self.queue.give_back(received.receipt, round(wait)))

    async def deliver(self, message: CellMessage, life: Life) -> float | None:
        """A message to a worker with that life; what it says (`BenchmarkWorker.handle`), where it lives."""
        return await self._handled(text_of(message), life, 1)

    async def _handled(self, text: str, life: Life, receives: int) -> float | None:
        worker, executor, store = self.worker(life)
        ended = asyncio.create_task(life.ended.wait())
        working = asyncio.create_task(worker.handle(text, receives=receives, seconds=self.seconds))
        await asyncio.wait({working, ended}, return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        if life.ended.is_set():
            working.cancel()
        [said] = await asyncio.gather(working, return_exceptions=True)
        await asyncio.gather(*executor.going_on, return_exceptions=True)
        await store.counted()
        if life.ended.is_set():
            return None
        if isinstance(said, BaseException):
            raise said
        return said

    async def _answered(self, answer: Awaitable[None]) -> None:
        """Of two deliveries of one message, the first answer may leave nothing for the other one."""
        with suppress(Exception):
            await answer

    def _life(self, received: Received) -> Life:
        message = read_message(received.text)
        if isinstance(message, CellMessage) and self.rows.kind(message.number + 1) == DEADLY:
            return Life(float("inf"), ends_at="start")
        if self.chance.random() < self.deaths and not self._would_be_put_aside(message):
            if self.ends_at:
                return Life(float("inf"), ends_at=self.chance.choice(self.ends_at))
            return Life(self.chance.randint(1, 30) / 2)
        return Life(float("inf"))

    def _would_be_put_aside(self, message: Message) -> bool:
        """A cell whose workers die so often is taken to be what they die of."""
        if not isinstance(message, CellMessage):
            return False
        self._deaths[message.number] += 1
        return self._deaths[message.number] >= MAX_DEATHS

    async def all_runs(self) -> list[Run]:
        pages = self.parts.runs.history.pages(TENANT, RunFilter())
        return [run async for page in pages for run in page]

    async def ledger(self) -> dict[str, LedgerEntry]:
        month = month_of(datetime.now(UTC))
        pages = self.parts.metering.ledger.entries(TENANT, *month_bounds(month))
        return {entry.run_id: entry async for page in pages for entry in page}

    async def close(self) -> None:
        await self.parts.close()
        if isinstance(self.gateway, Gateway):
            await self.gateway.aclose()


async def broken_promises(chaos: BenchmarkChaos, run: BenchmarkRun) -> list[str]:
    """What is wrong; empty when every promise was kept."""
    results = [result async for page in chaos.cells.pages(TENANT, run.id) for result in page]
    poisoned = {number for number in range(1, run.row_count + 1) if chaos.rows.kind(number)}
    wrong = []
    if [result.row for result in results] != list(range(1, run.row_count + 1)):
        wrong.append(f"{len(results)} results of {run.row_count} rows")
    if {result.row for result in results if result.status is CellStatus.POISON and result.error} != poisoned:
        wrong.append("other rows are poison than cannot be run")
    done = [result for result in results if result.status is CellStatus.DONE]
    if {result.row for result in done} != set(range(1, run.row_count + 1)) - poisoned:
        wrong.append(f"{len(done)} rows have an answer")
    wrong += [f"row {one.row} scored {one.scores}" for one in done if one.scores != {"exact_match": 1.0}]
    dead = [message for text in chaos.sqs.texts("dead") if isinstance(message := read_message(text), CellMessage)]
    if {message.number + 1 for message in dead} != poisoned:
        wrong.append(f"{len(dead)} messages were put aside of {len(poisoned)}")
    if [one async for part in chaos.evidence.results(TENANT, run.id) for one in part] != results:
        wrong.append("the lines kept are of other results")
    report = BenchmarkReport.model_validate_json(await chaos.evidence.report(TENANT, run.id, "json"))
    if [one.row for one in report.poison] != sorted(poisoned) or not all(one.error for one in report.poison):
        wrong.append("the report does not name what is poison")
    if (report.columns[0].n, report.columns[0].metrics["exact_match"].mean) != (len(done), 1.0):
        wrong.append("the report is of other answers")
    counts = run.cells
    if (counts.done, counts.poison, counts.failed) != (run.row_count - len(poisoned), len(poisoned), 0):
        wrong.append(f"counted {counts}")
    return wrong + await wrong_charges(chaos, run, done)


async def wrong_charges(chaos: BenchmarkChaos, run: BenchmarkRun, done: list[CellResult]) -> list[str]:
    """Every answer is one run, charged once; what a worker that died has left without an answer, as the sweeper does
    it."""
    runs, ledger = {one.id: one for one in await chaos.all_runs()}, await chaos.ledger()
    answered = {one.id for one in runs.values() if one.status is RunStatus.SUCCEEDED}
    wrong = []
    if answered != {result.run_id for result in done}:
        wrong.append(f"{len(answered)} runs have an answer for {len(done)} cells")
    asked = Counter(str(runs[run_id].messages[-1].content) for run_id in answered)
    wrong += [f"{what} was answered {times} times" for what, times in asked.items() if times > 1]
    wrong += [f"{run_id} was not charged" for run_id in answered if run_id not in ledger]
    for run_id, entry in ledger.items():
        left = runs.get(run_id)
        if run_id not in answered and not _was_left(left):
            is_ = "is not there" if left is None else f"is {left.status}: {left.error}"
            wrong.append(f"{run_id} was charged {entry.source} and {is_}")
    wrong += [f"{one.id} is still going on" for one in runs.values() if not one.settled]
    wrong += [f"{one.id} is not of the benchmark run" for one in runs.values() if one.links.benchmark_run_id != run.id]
    month = await chaos.parts.metering.months.month(TENANT, month_of(datetime.now(UTC)))
    if month.open:
        wrong.append(f"{len(month.open)} reservations are open")
    return wrong


def _was_left(run: Run | None) -> bool:
    """By a worker that died; the sweeper charges what it used, where that is known, else what it reserved."""
    return run is not None and run.error is not None and run.error.code == "deadline"
