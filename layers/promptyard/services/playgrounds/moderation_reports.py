"""The reports of a playground's guards, with what was blocked for those who may see it."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from promptyard.domain.account.access import Caller, Role
from promptyard.domain.errors import NotFound
from promptyard.domain.lambda_payloads import carried_bytes
from promptyard.domain.paging import PAGE_BYTES, Page, PageRequest
from promptyard.domain.runs.run_metrics import ModerationReport, Withheld

if TYPE_CHECKING:
    from promptyard.services.ports.playgrounds import PlaygroundStore, ReportStore
    from promptyard.services.ports.runs import RunStore


@dataclass(frozen=True, slots=True)
class ShownReport:
    report: ModerationReport
    withheld: Withheld | None
    """What was blocked, where that is kept and the caller may see it."""


class ReportService:
    def __init__(self, reports: "ReportStore", playgrounds: "PlaygroundStore", runs: "RunStore") -> None:
        self._reports = reports
        self._playgrounds = playgrounds
        self._runs = runs

    async def page(self, caller: Caller, playground_id: str, request: PageRequest) -> Page[ShownReport]:
        """Newest first; with what was kept of blocked runs for admins alone, whoever's runs they were. Raises NotFound,
        BadCursor."""
        await self._playgrounds.get(caller.tenant, playground_id)
        page = await self._reports.page(caller.tenant, playground_id, request)
        shown: list[ShownReport] = []
        room = PAGE_BYTES
        for report in page.items:  # one after another: each may hold a whole prompt
            one = await self._shown(caller, report)
            room -= _bytes_of(one)
            if shown and room < 0:
                fewer = replace(request, limit=len(shown))
                page = await self._reports.page(caller.tenant, playground_id, fewer)
                break
            shown.append(one)
        return page.holding(shown)

    async def _shown(self, caller: Caller, report: ModerationReport) -> ShownReport:
        if not report.is_blocked or not caller.role.allows(Role.ADMIN):
            return ShownReport(report, None)
        try:
            return ShownReport(report, (await self._runs.get(caller.tenant, report.run_id)).withheld)
        except NotFound:  # a run may be deleted on its own
            return ShownReport(report, None)


def _bytes_of(shown: ShownReport) -> int:
    parts = (shown.report, shown.withheld)
    return sum(carried_bytes(part.model_dump_json().encode()) for part in parts if part is not None)
