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
LimitsOf = Callable[[Caller], Awaitable[Limits]]


class MeteredGuardrail:
    def __init__(self, guardrail: "ContentGuardrail", meter: "Meter", limits_of: LimitsOf) -> None:
        self._guardrail = guardrail
        self._meter = meter
        self._limits_of = limits_of

    async def assess(
        self, caller: Caller, texts: Sequence[tuple[str, Literal["INPUT", "OUTPUT"]]]
    ) -> list[FilterFinding]:
        """What the filters say of the texts: reserved before it is asked, and charged by the answer's own count; where
        no answer comes, nothing. Raises LimitReached, StoreUnavailable, ProviderError, MissingKey."""
        limits = (await self._limits_of(caller)).without_rates()
        call_id = time_ordered_id()
        at = moment_of(call_id)
        held = await self._meter.reserve(
            bound(call_id, caller.tenant, [len(text) for text, _ in texts], at, limits.metered_key), limits
        )
        try:
            async with asyncio.timeout(ASK_SECONDS):
                found = await asyncio.gather(*(self._guardrail.assess(text, source) for text, source in texts))
        except TimeoutError:
            await self._meter.cancel(held)
            raise ProviderUnreachable("The guardrail did not answer in time") from None
        except BaseException:
            await self._meter.cancel(held)
            raise
        units: Counter[str] = Counter()
        for assessed in found:
            units.update(assessed.units)
        entry = charge(held.reservation, units, self._guardrail.name, at, caller.actor.id)
        await self._meter.charge_entry(entry, held)
        return [finding for assessed in found for finding in assessed.findings]
