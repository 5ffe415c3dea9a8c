"""Stand-ins for the services' ports, in memory."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from promptyard.domain.errors import Conflict, NotFound, PromptyardError
from promptyard.domain.models.provider_events import Finished, FinishReason, ProviderEvent, TextDelta, UsageReport
from promptyard.domain.models.targets import ProviderCall
from promptyard.domain.models.usage import Usage
from promptyard.domain.paging import Page, PageRequest
from promptyard.domain.runs.run import Run
from promptyard.services.ports.runs import RunFilter
from promptyard.services.runs.log import EventLog
from promptyard.services.runs.resuming.packed_events import Event


class MemoryRunStore:
    def __init__(self) -> None:
        self.runs: dict[tuple[str, str], Run] = {}
        self.cancelled: set[tuple[str, str]] = set()
        self.counted: set[tuple[str, str]] = set()
        self.settled = asyncio.Event()
        self.settle_failures: list[Exception] = []

    async def start(self, run: Run) -> None:
        if (run.tenant, run.id) in self.runs:
            raise Conflict("taken")
        self.runs[run.tenant, run.id] = run

    async def add(self, run: Run) -> None:
        await self.start(run)

    def count(self, run: Run) -> None:
        self.counted.add((run.tenant, run.id))

    async def withdraw(self, run: Run) -> bool:
        known = self.runs.get((run.tenant, run.id))
        if known is not None and known.settled:
            return False
        self.runs.pop((run.tenant, run.id), None)
        return True

    async def settle(self, run: Run) -> bool:
        if self.settle_failures:
            raise self.settle_failures.pop(0)
        known = self.runs.get((run.tenant, run.id))
        if known is None or known.settled:
            return False
        self.runs[run.tenant, run.id] = run
        self.settled.set()
        return True

    async def get(self, tenant: str, run_id: str) -> Run:
        if (tenant, run_id) not in self.runs:
            raise NotFound("No such run")
        return self.runs[tenant, run_id]

    async def delete(self, tenant: str, run_id: str) -> None:
        del self.runs[tenant, run_id]

    async def request_cancel(self, tenant: str, run_id: str) -> None:
        self.cancelled.add((tenant, run_id))

    async def cancel_requested(self, tenant: str, run_id: str) -> bool:
        return (tenant, run_id) in self.cancelled

    async def page(self, tenant: str, where: RunFilter, request: PageRequest) -> Page[Run]:
        wanted = where.comparison_id
        runs = [
            run
            for (owner, _), run in sorted(self.runs.items(), reverse=True)
            if owner == tenant and wanted in {None, run.links.comparison_id}
        ]
        return Page(runs[request.offset : request.offset + request.limit], total=len(runs))

    async def half_done(self, before: datetime) -> list[tuple[str, str]]:
        return []

    async def finish(self, tenant: str, run_id: str, before: datetime) -> None:
        raise NotImplementedError

    async def repair_counters(self, tenant: str) -> int:
        return 0


Step = ProviderEvent | PromptyardError | Exception | Callable[[], Awaitable[object]]


class ScriptedGateway:
    """Plays one script an attempt: events are yielded, errors raised, functions awaited."""

    def __init__(self, *scripts: Sequence[Step], refuse: PromptyardError | None = None) -> None:
        self.scripts = list(scripts)
        self._refuse = refuse
        self.calls: list[ProviderCall] = []
        """One an attempt."""
        self.prepared = 0
        self.closed = 0

    def prepare(self, call: ProviderCall) -> "ScriptedCall":
        if self._refuse is not None:
            raise self._refuse
        self.prepared += 1
        return ScriptedCall(self, call)


@dataclass
class ScriptedCall:
    gateway: ScriptedGateway
    call: ProviderCall
    sent: Any = None

    async def count_input(self) -> int | None:
        return None

    async def stream(self) -> AsyncGenerator[Sequence[ProviderEvent], None]:
        self.gateway.calls.append(self.call)
        try:
            for step in self.gateway.scripts.pop(0):
                if isinstance(step, Exception):
                    raise step
                if callable(step):
                    await step()
                else:
                    yield [step]
        finally:
            self.gateway.closed += 1


def says(text: str, *, tokens_in: int = 3, tokens_out: int = 2) -> list[Step]:
    """A whole answer, word by word."""
    words: list[Step] = [TextDelta(word) for word in text.split(" ")]
    usage = UsageReport(Usage(input_tokens=tokens_in, output_tokens=tokens_out))
    return [*words, usage, Finished(FinishReason.STOP)]


async def each_event(log: EventLog[Event]) -> AsyncGenerator[Event, None]:
    """One by one, as they come."""
    async for batch in log.read():
        for _, event in batch:
            yield event


async def hang() -> None:
    """Never returns."""
    await asyncio.Event().wait()
