"""Paths of what happens in a playground: its runs, and the reports of its guards."""

from functions.playgrounds.run_answers import Report, ReportPage, RunsPage
from functions.playgrounds.schemas import PlaygroundId
from promptyard.api.answers.runs import records_of
from promptyard.api.app import group_router
from promptyard.api.auth.authentication import Viewer
from promptyard.api.paging import CursorPaging
from promptyard.bootstrap.services import History, Playgrounds, Reports

PLAYGROUND = "/api/v2/genai/playgrounds/{playgroundId}/"

router = group_router("playgrounds")


@router.get(PLAYGROUND + "runs/", summary="A playground's runs, newest first")
async def list_runs(
    playground_id: PlaygroundId, query: CursorPaging, caller: Viewer, history: History, playgrounds: Playgrounds
) -> RunsPage:
    from promptyard.services.ports.runs import RunFilter

    await playgrounds.get(caller.tenant, playground_id)
    where = RunFilter(playground_id=playground_id)
    page = await history.page(caller.tenant, where, query.request())
    return RunsPage.of(records_of(page), query)


@router.get(
    PLAYGROUND + "moderationReports/",
    summary="What a playground's guards have reported, newest first",
)
async def list_reports(
    playground_id: PlaygroundId, query: CursorPaging, caller: Viewer, reports: Reports
) -> ReportPage:
    """A run is in the list where a guard reports, where a guard could not be checked, and where what was blocked is
    kept."""
    page = await reports.page(caller, playground_id, query.request())
    return ReportPage.of(page.map(Report.of), query)
