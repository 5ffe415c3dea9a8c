"""Paths of what a tenant has used."""

from datetime import UTC, datetime

from fastapi import Response

from functions.account.usage_answers import (
    CURSOR_HEADER,
    LedgerEntryAnswer,
    LedgerPageAnswer,
    UsageAnswer,
    ledger_file,
)
from functions.account.usage_schemas import LedgerOf, UsageOf
from promptyard.api.answers.descriptions import ResponseDescriptions, json_lines_of, json_of_model
from promptyard.api.answers.fields import json_response
from promptyard.api.app import group_router
from promptyard.api.auth.authentication import Viewer
from promptyard.bootstrap.services import KnownTenants, UsageReports
from promptyard.domain.metering.ledger import month_of

router = group_router("account")

_LEDGER: ResponseDescriptions = {
    200: {
        "content": {
            "application/json": json_of_model(LedgerPageAnswer),
            "application/x-ndjson": json_lines_of(LedgerEntryAnswer),
            "text/csv": {"schema": {"type": "string"}},
        },
        "headers": {
            CURSOR_HEADER: {"description": "Of a file: where the next one begins", "schema": {"type": "string"}}
        },
    }
}


@router.get("/api/v1/usage", summary="What the tenant has used in a month, and its quotas")
async def usage(query: UsageOf, caller: Viewer, reports: UsageReports, tenants: KnownTenants) -> UsageAnswer:
    from promptyard.domain.metering.limits import Limits  # knows what models are: no other route here needs it

    now = datetime.now(UTC)
    report = await reports.report(caller.tenant, query.month or month_of(now), now)
    return UsageAnswer.of(report, Limits.of(await tenants.of(caller), caller))


@router.get(
    "/api/v1/usage/ledger",
    responses=_LEDGER,
    summary="What each run was charged, newest first",
)
async def ledger(query: LedgerOf, caller: Viewer, reports: UsageReports) -> Response:
    """As a page, or as a file: `format` is `jsonl` or `csv`. A file holds up to `limit` entries; where there are more,
    the header `x-next-cursor` is the `cursor` of the next one, which in CSV has no line of column names."""
    page = await reports.ledger(caller.tenant, query.month, query.request())
    if query.format != "json":
        return ledger_file(page, query.format, is_first=query.cursor is None)
    return json_response(LedgerPageAnswer.of(page.map(LedgerEntryAnswer.of), query))
