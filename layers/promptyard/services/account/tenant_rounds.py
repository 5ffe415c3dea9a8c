"""Work on every tenant, again and again, for which one time may be too short."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from promptyard.domain.account.tenants import Tenant
    from promptyard.services.account.tenant_directory import TenantDirectory
    from promptyard.services.ports.account import RoundStore

logger = logging.getLogger("promptyard.rounds")


@dataclass(frozen=True, slots=True)
class TenantRound:
    """What the work on all tenants that had their turn adds up to; `whole`: whether that is all of them."""

    done: int
    whole: bool


class TenantRounds:
    """Each round begins after the tenant that was begun last in the one before. So nobody waits for ever, however
    little time there is, and a tenant that the work fails on keeps nobody else from it."""

    def __init__(
        self, tenants: "TenantDirectory", marks: "RoundStore", now: Callable[[], float] = time.monotonic
    ) -> None:
        """`now` in seconds."""
        self._tenants = tenants
        self._marks = marks
        self._now = now

    async def go_on(
        self,
        name: str,
        work: Callable[["Tenant"], Awaitable[int]],
        *,
        due: Callable[["Tenant"], bool],
        seconds: float,
    ) -> TenantRound:
        """One round of the work of that name over those who are `due`: each of them once, or as many as there is time
        for. The last one's work is cut where the time is over. Raises StoreUnavailable, and what the work raises."""
        ends, done = self._now() + seconds, 0
        async for tenant in self._in_turn(await self._marks.last_begun(name)):
            if not due(tenant):
                continue
            left = ends - self._now()
            if left <= 0:
                return self._stopped(name, done)
            # Before the work: who is worked on when the process ends has had a turn.
            await self._marks.begin(name, tenant.id)
            try:
                async with asyncio.timeout(left):
                    done += await work(tenant)
            except TimeoutError:
                return self._stopped(name, done)
        return TenantRound(done, whole=True)

    async def _in_turn(self, last: str) -> AsyncGenerator["Tenant", None]:
        """All tenants, from the one after that to it."""
        async for tenant in self._tenants.every(after=last):
            yield tenant
        if last:
            async for tenant in self._tenants.every(up_to=last):
                yield tenant

    def _stopped(self, name: str, done: int) -> TenantRound:
        logger.warning("round stopped before its end", extra={"round": name, "done": done})
        return TenantRound(done, whole=False)
