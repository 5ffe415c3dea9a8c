"""Paths of what happens in a playground: its runs, and the reports of its guards."""

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from functions.playgrounds.schemas import PlaygroundId
from promptyard.api.app import group_router
from promptyard.api.auth.authentication import Viewer
from promptyard.api.paging import CursorPaging, Page, page_of
from promptyard.api.wire import RunRecord, run_record, timestamp
from promptyard.bootstrap.playgrounds import Playgrounds, Reports
from promptyard.bootstrap.runs import History

if TYPE_CHECKING:
    from promptyard.domain.runs.run_metrics import Withheld
    from promptyard.services.playgrounds.moderation_reports import ShownReport

PLAYGROUND = "/api/v2/genai/playgrounds/{playgroundId}/"

router = group_router("playgrounds")


class RunsPage(Page[RunRecord]):
    pass


class Intervention(BaseModel):
    """A guard whose condition was met, by the prompt or by the answer. `score` is null where what was looked at kept
    it from being scored, which a guard that blocks takes for a violation."""

    ootb_metric_configuration_id: str
    metric: str
    side: str
    score: int | float | bool | str | list[str] | None
    action: str


class UncheckedGuard(BaseModel):
    """A guard that could not be checked, so that it let everything pass."""

    ootb_metric_configuration_id: str
    metric: str
    reason: str


class BlockedContent(BaseModel):
    """What was blocked: the prompt with those parameters that hold texts, or the answer with the tool calls it would
    have made; and what judges said of it, by metric configuration."""

    messages: list[dict[str, Any]] | None
    parameters: dict[str, Any] | None
    output: str | None
    tool_calls: list[dict[str, Any]] | None
    reasons: dict[str, str]


class Report(BaseModel):
    """`content` is for admins alone, and there where the playground keeps what it blocks (`keepBlocked`)."""

    run_id: str
    created_at: str
    blocked: bool
    interventions: list[Intervention]
    unchecked: list[UncheckedGuard]
    content: BlockedContent | None


class ReportsPage(Page[Report]):
    total: None


@router.get(PLAYGROUND + "runs/", response_model=RunsPage, summary="A playground's runs, newest first")
async def list_runs(
    playground_id: PlaygroundId, query: CursorPaging, caller: Viewer, history: History, playgrounds: Playgrounds
) -> dict[str, Any]:
    from promptyard.services.ports.runs import RunFilter

    await playgrounds.get(caller.tenant, playground_id)
    where = RunFilter(playground_id=playground_id)
    page = await history.page(caller.tenant, where, query.request())
    return page_of(page.map(run_record), query)


@router.get(
    PLAYGROUND + "moderationReports/",
    response_model=ReportsPage,
    summary="What a playground's guards have reported, newest first",
)
async def list_reports(
    playground_id: PlaygroundId, query: CursorPaging, caller: Viewer, reports: Reports
) -> dict[str, Any]:
    """A run is in the list where a guard reports, where a guard could not be checked, and where what was blocked is
    kept."""
    page = await reports.page(caller, playground_id, query.request())
    return page_of(page.map(_report), query)


def _report(shown: "ShownReport") -> dict[str, Any]:
    """The body of Report."""
    report, withheld = shown.report, shown.withheld
    return {
        "run_id": report.run_id,
        "created_at": timestamp(report.created_at),
        "blocked": report.is_blocked,
        "interventions": [
            {"ootb_metric_configuration_id": one.configuration_id, **one.model_dump(mode="json")}
            for one in report.interventions
        ],
        "unchecked": [
            {"ootb_metric_configuration_id": one.configuration_id, **one.model_dump(mode="json")}
            for one in report.unchecked
        ],
        "content": None if withheld is None else _content(withheld),
    }


def _content(withheld: "Withheld") -> dict[str, Any]:
    """The body of BlockedContent."""
    messages, tool_calls = withheld.messages, withheld.tool_calls
    return {
        "messages": None if messages is None else [message.wire() for message in messages],
        "parameters": withheld.parameters,
        "output": withheld.output,
        "tool_calls": None if tool_calls is None else [call.model_dump() for call in tool_calls],
        "reasons": withheld.reasons,
    }
