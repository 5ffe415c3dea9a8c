"""Processes that die at a given moment: what they do to the store and to providers, step by step."""

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from promptyard.domain.metering.ledger import LedgerEntry, MonthUsage
from promptyard.domain.models.provider_events import Finished, FinishReason, ProviderEvent, TextDelta, UsageReport
from promptyard.domain.models.targets import ProviderCall
from promptyard.domain.models.usage import Usage
from promptyard.domain.runs.run import Run
from promptyard.storage.metering.ledger import DynamoLedger
from promptyard.storage.metering.months import DynamoMonths
from promptyard.storage.runs.runs import DynamoRunStore
from promptyard.storage.table import keys
from promptyard.storage.table.expressions import Changes
from promptyard.storage.table.table import Table

MAX_TOKENS = 200
STEPS = ("claim", "reserve", "count", "call", "ledger", "release", "settle")
MOMENTS = tuple(f"{when} {step}" for step in STEPS for when in ("before", "after"))
"""When a process may die. `after` a step: it was carried out, but nobody learns of it."""

Result = TypeVar("Result")


class Crash(BaseException):
    """The process is no more: nobody catches it, nothing is done after it."""


Interruption = Callable[[], Awaitable[object]]


class Process:
    """One attempt's process. Once it is dead, nothing that it tries reaches the store. `meanwhile` happens at a moment
    of it: it stands still for so long, and goes on."""

    def __init__(self, dies: str | None = None, meanwhile: tuple[str, Interruption] | None = None) -> None:
        self._dies = dies
        self._meanwhile = meanwhile
        self._dead = False

    async def step(self, name: str, work: Callable[[], Awaitable[Result]]) -> Result:
        await self._pass(f"before {name}")
        result = await work()
        await self._pass(f"after {name}")
        return result

    async def _pass(self, moment: str) -> None:
        self._dead = self._dead or self._dies == moment
        if self._dead:
            raise Crash(moment)
        if self._meanwhile is not None and self._meanwhile[0] == moment:
            await self._meanwhile[1]()


class MortalTable(Table):
    """Through which a process counts its runs."""

    def __init__(self, client: Callable[[], Any], name: str, process: Process) -> None:
        super().__init__(client, name)
        self._process = process

    async def update_and_names(self, key: keys.Key, changes: Changes) -> Collection[str]:
        return await self._process.step("count", lambda: super(MortalTable, self).update_and_names(key, changes))


class PatientRuns(DynamoRunStore):
    """For sweepers as if of another day, beside each other: what one of them has begun to finish is still its own."""

    async def half_done(self, before: datetime, limit: int = 1000) -> list[tuple[str, str]]:
        return await super().half_done(min(before, datetime.now(UTC)), limit)

    async def finish(self, tenant: str, run_id: str, before: datetime) -> None:
        await super().finish(tenant, run_id, min(before, datetime.now(UTC)))


class MortalRuns:
    """The runs of a process of its own, with what a process keeps in its memory."""

    def __init__(self, process: Process, store: DynamoRunStore) -> None:
        self._process = process
        self._store = store

    def count(self, run: Run) -> None:
        self._store.count(run)

    async def withdraw(self, run: Run) -> bool:
        return bool(await self._process.step("undo", lambda: self._store.withdraw(run)))

    async def start(self, run: Run) -> None:
        await self._process.step("claim", lambda: self._store.start(run))

    async def settle(self, run: Run) -> bool:
        return await self._process.step("settle", lambda: self._store.settle(run))

    async def cancel_requested(self, tenant: str, run_id: str) -> bool:
        return False


class MortalMonths:
    def __init__(self, process: Process, months: DynamoMonths, look: Callable[[MonthUsage], None]) -> None:
        self._process = process
        self._months = months
        self._look = look

    async def reserve(self, *args: Any) -> MonthUsage:
        month = await self._process.step("reserve", lambda: self._months.reserve(*args))
        self._look(month)
        return month

    async def release(self, *args: Any) -> bool:
        return await self._process.step("release", lambda: self._months.release(*args))

    async def cancel(self, *args: Any) -> bool:
        return await self._process.step("undo", lambda: self._months.cancel(*args))

    async def month(self, tenant: str, month: str) -> MonthUsage:
        return await self._process.step("read", lambda: self._months.month(tenant, month))


class MortalLedger:
    def __init__(self, process: Process, ledger: DynamoLedger) -> None:
        self._process = process
        self._ledger = ledger

    async def append(self, entry: LedgerEntry) -> LedgerEntry:
        return await self._process.step("ledger", lambda: self._ledger.append(entry))

    async def entry(self, tenant: str, run_id: str) -> LedgerEntry | None:
        return await self._process.step("read", lambda: self._ledger.entry(tenant, run_id))


class BillingGateway:
    """A provider that counts what it was sent, by the run's id: the text of its prompt."""

    def __init__(self, process: Process, bill: dict[str, list[Usage]]) -> None:
        self._process = process
        self._bill = bill

    def prepare(self, call: ProviderCall) -> "BilledCall":
        return BilledCall(call, self._process, self._bill)


@dataclass(frozen=True, slots=True)
class BilledCall:
    call: ProviderCall
    process: Process
    bill: dict[str, list[Usage]]
    sent: Any = None

    async def count_input(self) -> int | None:
        return None

    async def stream(self) -> AsyncGenerator[Sequence[ProviderEvent], None]:
        usage = Usage(input_tokens=random.randint(1, 900), output_tokens=random.randint(1, MAX_TOKENS))
        await self.process.step("call", lambda: self._take(usage))
        yield [TextDelta("Hello")]
        await asyncio.sleep(random.random() / 50)
        yield [UsageReport(usage), Finished(FinishReason.STOP)]

    async def _take(self, usage: Usage) -> None:
        self.bill[str(self.call.messages[0].content)].append(usage)
