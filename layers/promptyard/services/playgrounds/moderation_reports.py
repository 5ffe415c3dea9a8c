"""The reports of a playground's guards, with what was blocked for those who may see it."""

import asyncio
from dataclasses import dataclass

from promptyard.domain.account.access import Caller, Role
from promptyard.domain.errors import NotFound
from promptyard.domain.runs.run_metrics import ModerationReport, Withheld
from promptyard.services.ports.playgrounds import PlaygroundStore, ReportStore
from promptyard.services.ports.runs import RunStore


@dataclass(frozen=True, slots=True)
class ReportsPage:
    reports: list[ModerationReport]
    withheld: dict[str, Withheld]
    """By run."""
    next_cursor: str | None


class ReportService:
    def __init__(self, reports: ReportStore, playgrounds: PlaygroundStore, runs: RunStore) -> None:
        self._reports = reports
        self._playgrounds = playgrounds
        self._runs = runs

    async def page(
        self, caller: Caller, playground_id: str, *, limit: int, offset: int = 0, cursor: str | None = None
    ) -> ReportsPage:
        """Newest first; with what was kept of blocked runs for admins alone, whoever's runs they were. Raises NotFound,
        BadCursor."""
        tenant = caller.tenant
        await self._playgrounds.get(tenant, playground_id)
        page = await self._reports.page(tenant, playground_id, limit=limit, offset=offset, cursor=cursor)
        blocked = [report.run_id for report in page.reports if report.is_blocked]
        wanted = blocked if caller.role.allows(Role.ADMIN) else []
        found = await asyncio.gather(*(self._withheld(tenant, run_id) for run_id in wanted))
        withheld = {run_id: content for run_id, content in zip(wanted, found, strict=True) if content is not None}
        return ReportsPage(page.reports, withheld, page.next_cursor)

    async def _withheld(self, tenant: str, run_id: str) -> Withheld | None:
        try:
            return (await self._runs.get(tenant, run_id)).withheld
        except NotFound:  # a run may be deleted on its own
            return None
