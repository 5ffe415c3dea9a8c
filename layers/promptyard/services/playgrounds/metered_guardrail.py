"""Asking the deployment's guardrail, and charging what that costs to whoever's run is scored."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Literal

from promptyard.domain.account.access import Caller
from promptyard.domain.errors import ProviderUnreachable
from promptyard.domain.identifiers import moment_of, time_ordered_id
from promptyard.domain.metering.guardrail_calls import bound, charge
from promptyard.domain.metering.limits import Limits
from promptyard.domain.runs.metrics.guardrails import FilterFinding

if TYPE_CHECKING:
    from promptyard.services.metering.meter import Meter
    from promptyard.services.ports.playgrounds import ContentGuardrail

ASK_SECONDS = 60
Text = tuple[str, Literal["INPUT", "OUTPUT"]]
LimitsOf = Callable[[Caller], Awaitable[Limits]]


class MeteredGuardrail:
    def __init__(self, guardrail: "ContentGuardrail", meter: "Meter", limits_of: LimitsOf) -> None:
        self._guardrail = guardrail
        self._meter = meter
        self._limits_of = limits_of

    async def assess(self, caller: Caller, texts: Sequence[Text]) -> list[FilterFinding]:
        """What the filters say of the texts: reserved before it is asked, and charged by the answers' own counts, also
        where some of them do not come; where none does, nothing. Raises LimitReached, StoreUnavailable, ProviderError,
        MissingKey."""
        limits = (await self._limits_of(caller)).without_rates()
        call_id = time_ordered_id()
        at = moment_of(call_id)
        held = await self._meter.reserve(
            bound(call_id, caller.tenant, [len(text) for text, _ in texts], at, limits.metered_key), limits
        )
        units: Counter[str] = Counter()
        answered = False
        try:
            findings = await self._ask(texts, units)
            answered = True
        finally:
            if answered or units.total():
                entry = charge(held.reservation, units, self._guardrail.name, at, caller.actor.id)
                await self._meter.charge_entry(entry, held)
            else:
                await self._meter.cancel(held)
        return findings

    async def _ask(self, texts: Sequence[Text], units: Counter[str]) -> list[FilterFinding]:
        """Raises the first failure, when all have ended."""
        asked = (self._guardrail.assess(text, source, units) for text, source in texts)
        try:
            async with asyncio.timeout(ASK_SECONDS):
                answers = await asyncio.gather(*asked, return_exceptions=True)
        except TimeoutError:
            raise ProviderUnreachable("The guardrail did not answer in time") from None
        findings: list[FilterFinding] = []
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
            findings += answer
        return findings
