"""Paths of what a tenant has used."""

from datetime import UTC, datetime
from typing import Any

from fastapi import Response
from starlette.responses import JSONResponse

from functions.account.usage_responses import entry_body, ledger_file, usage_body
from functions.account.usage_schemas import LedgerOf, LedgerPageBody, UsageBody, UsageOf
from promptyard.api.app import group_router
from promptyard.api.auth.authentication import Viewer
from promptyard.api.paging import page_of
from promptyard.bootstrap.callers import KnownTenants
from promptyard.bootstrap.metering import UsageReports
from promptyard.domain.metering.ledger import month_of
from promptyard.domain.metering.limits import Limits

router = group_router("account")

_FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"application/x-ndjson": {}, "text/csv": {}},
        "headers": {
            "x-next-cursor": {"description": "Of a file: where the next one begins", "schema": {"type": "string"}}
        },
    }
}


@router.get("/api/v1/usage", response_model=UsageBody, summary="What the tenant has used in a month, and its quotas")
async def usage(query: UsageOf, caller: Viewer, reports: UsageReports, tenants: KnownTenants) -> dict[str, Any]:
    now = datetime.now(UTC)
    report = await reports.report(caller.tenant, query.month or month_of(now), now)
    return usage_body(report, Limits.of(await tenants.of(caller), caller))


@router.get(
    "/api/v1/usage/ledger",
    response_model=LedgerPageBody,
    responses=_FILES,
    summary="What each run was charged, newest first",
)
async def ledger(query: LedgerOf, caller: Viewer, reports: UsageReports) -> Response:
    """As a page, or as a file: `format` is `jsonl` or `csv`. A file holds up to `limit` entries; where there are more,
    the header `x-next-cursor` is the `cursor` of the next one, which in CSV has no line of column names."""
    page = await reports.ledger(caller.tenant, query.month, query.request())
    if query.format != "json":
        return ledger_file(page, query.format, is_first=query.cursor is None)
    return JSONResponse(page_of(page.map(entry_body), query))
