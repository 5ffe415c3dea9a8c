"""What a question to the guardrail is charged, however much of it is answered."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from promptyard.domain.account.access import LOCAL_CALLER, Caller
from promptyard.domain.errors import ProviderError, ProviderUnreachable, StoreUnavailable
from promptyard.domain.metering.ledger import LedgerEntry, MonthUsage
from promptyard.domain.metering.limits import NO_LIMITS, Limits
from promptyard.domain.runs.metrics.guardrails import FilterFinding
from promptyard.services.metering import meter
from promptyard.services.metering.meter import Meter
from promptyard.services.playgrounds import metered_guardrail
from promptyard.services.playgrounds.metered_guardrail import MeteredGuardrail
from promptyard.services.runs.settling.sweeper import Sweeper
from tests.support.doubles.doubles import MemoryRunStore
from tests.support.doubles.metering import MemoryLedger, MemoryMonths, catalogue

Step = Callable[[], Awaitable[object]]
A_UNIT = 150_000_000


class Guardrail:
    """Answers each text in two pieces, if `before` the second one of that text nothing happens."""

    name = "abc123"

    def __init__(self, **before: Step) -> None:
        self._before = before

    async def assess(self, text: str, source: str, units: Counter[str]) -> list[FilterFinding]:
        units["contentPolicyUnits"] += 1
        await asyncio.sleep(0)
        if text in self._before:
            await self._before[text]()
        units["contentPolicyUnits"] += 1
        return [FilterFinding("HATE", "LOW"), FilterFinding(text, "NONE")]


class Silent(Guardrail):
    async def assess(self, text: str, source: str, units: Counter[str]) -> list[FilterFinding]:
        await self._before[text]()
        return []


@dataclass(slots=True)
class House:
    guardrail: Guardrail
    months: MemoryMonths = field(default_factory=MemoryMonths)
    ledger: MemoryLedger = field(default_factory=MemoryLedger)

    async def assess(self) -> list[FilterFinding]:
        async def no_limits(caller: Caller) -> Limits:
            return NO_LIMITS

        metered = MeteredGuardrail(self.guardrail, self.meter, no_limits)
        return await metered.assess(LOCAL_CALLER, [("A", "INPUT"), ("B", "OUTPUT")])

    @property
    def meter(self) -> Meter:
        return Meter(self.months, self.ledger, catalogue())

    @property
    def month(self) -> MonthUsage:
        [month] = self.months.months.values()
        return month

    def charged(self) -> int:
        """Text units; nothing is open, and the month's counts are those of the ledger."""
        entries: list[LedgerEntry] = list(self.ledger.entries.values())
        units = sum(entry.text_units or 0 for entry in entries)
        assert self.month.open == {}
        assert self.month.committed.pico_usd == sum(entry.committed.pico_usd for entry in entries) == units * A_UNIT
        return units


async def fails() -> None:
    raise ProviderError("Bedrock answered ThrottlingException", status=429)


async def crashes() -> None:
    raise RuntimeError


async def hangs() -> None:
    await asyncio.Event().wait()


async def test_what_is_answered_is_charged_by_the_answers_count() -> None:
    house = House(Guardrail())
    assert [finding.filter for finding in await house.assess()] == ["HATE", "A", "HATE", "B"]
    assert house.charged() == 4


@pytest.mark.parametrize("failing", ["A", "B"])
@pytest.mark.parametrize(
    ("step", "error"), [(fails, ProviderError), (hangs, ProviderUnreachable), (crashes, RuntimeError)]
)
async def test_what_was_answered_before_a_failure_is_charged(
    monkeypatch: pytest.MonkeyPatch, failing: str, step: Step, error: type[Exception]
) -> None:
    monkeypatch.setattr(metered_guardrail, "ASK_SECONDS", 0.05)
    house = House(Guardrail(**{failing: step}))
    with pytest.raises(error):
        await house.assess()
    assert house.charged() == 3


async def test_the_first_of_two_failures_is_told() -> None:
    house = House(Guardrail(A=crashes, B=fails))
    with pytest.raises(RuntimeError):
        await house.assess()
    assert house.charged() == 2


async def test_what_was_answered_before_its_caller_left_is_charged() -> None:
    reached = asyncio.Event()

    async def waits() -> None:
        reached.set()
        await hangs()

    house = House(Guardrail(B=waits))
    asking = asyncio.create_task(house.assess())
    await reached.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert house.charged() == 3


@pytest.mark.parametrize("step", [fails, hangs])
async def test_where_nothing_is_answered_nothing_is_charged(monkeypatch: pytest.MonkeyPatch, step: Step) -> None:
    monkeypatch.setattr(metered_guardrail, "ASK_SECONDS", 0.05)
    house = House(Silent(A=step, B=step))
    with pytest.raises(ProviderError):
        await house.assess()
    assert house.ledger.entries == {}
    assert house.charged() == 0


async def test_where_the_entry_cannot_be_written_the_sweeper_gives_back_what_was_reserved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(meter, "SETTLE_PAUSE_SECONDS", 0.0)
    house = House(Guardrail())
    house.ledger.failures = [StoreUnavailable("")] * meter.SETTLE_ATTEMPTS
    await house.assess()
    [held] = house.month.open.values()
    swept = await Sweeper(MemoryRunStore(), house.months, house.meter).sweep(held.until + timedelta(seconds=1))
    assert swept.settled == 1
    assert house.charged() == 0
