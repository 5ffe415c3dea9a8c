"""Answers of what a tenant has used."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from fastapi import Response

from functions.account.usage_schemas import LedgerEntryBody
from promptyard.api.text_files import MEDIA_TYPES, FileFormat, csv_lines, file_headers, json_lines
from promptyard.api.wire import timestamp
from promptyard.domain.metering.ledger import LedgerEntry, Totals, from_pico, month_bounds
from promptyard.domain.metering.limits import Limits
from promptyard.domain.paging import Page
from promptyard.services.metering.usage import UsageReport

CURSOR_HEADER = "x-next-cursor"


def usage_body(report: UsageReport, limits: Limits) -> dict[str, Any]:
    """The body of UsageBody."""
    month = report.counted
    reserved = month.reserved_of(None)
    _, end = month_bounds(month.month)
    return {
        "month": month.month,
        "total": _sums(month.settled),
        "reserved": {
            "runs": len(month.open),
            "tokens": reserved.tokens,
            "cost_usd": float(from_pico(reserved.pico_usd)),
        },
        "quotas": [
            {
                "scope": quota.scope,
                "unit": quota.unit,
                "limit": quota.shown(quota.limit),
                "used": quota.shown(quota.committed(month) - quota.reserved(month)),
                "reserved": quota.shown(quota.reserved(month)),
                "remaining": quota.shown(max(0, quota.limit - quota.committed(month))),
                "resets_at": timestamp(end),
            }
            for quota in limits.quotas()
        ],
        "requests_per_minute": min((rate.limit for rate in limits.rates()), default=None),
        "by_day": [{"day": day} | _sums(summary.total) for day, summary in report.days.items()],
        "by_model": _by(report.whole.by["model"], "model"),
        "by_key": [line | {"key": line["key"] or None} for line in _by(report.whole.by["key"], "key")],
        "by_endpoint": _by(report.whole.by["endpoint"], "endpoint"),
        "listed_until": timestamp(report.until),
    }


def entry_body(entry: LedgerEntry) -> dict[str, Any]:
    """The body of LedgerEntryBody."""
    return _entry(entry) | {
        "cost_usd": _number(_usd(entry.pico_usd)),
        "estimated_cost_usd": _number(_usd(entry.estimated_pico_usd)),
    }


def ledger_file(page: Page[LedgerEntry], file_format: FileFormat, *, is_first: bool) -> Response:
    """A page of the ledger as a file; the next one begins at the cursor in its header."""
    if file_format == "jsonl":
        text = json_lines(entry_body(entry) for entry in page.items)
    else:
        head = [list(LedgerEntryBody.model_fields)] if is_first else []
        text = csv_lines([*head, *(_row(entry) for entry in page.items)])
    headers = file_headers("promptyard-ledger", file_format)
    if page.next_cursor is not None:
        headers[CURSOR_HEADER] = page.next_cursor
    return Response(text, media_type=MEDIA_TYPES[file_format], headers=headers)


def _row(entry: LedgerEntry) -> list[Any]:
    """Money with all its digits, never in the form 1E-7."""
    fields = _entry(entry)
    for name in ("cost_usd", "estimated_cost_usd"):
        fields[name] = None if fields[name] is None else format(fields[name], "f")
    return [fields[name] for name in LedgerEntryBody.model_fields]


def _entry(entry: LedgerEntry) -> dict[str, Any]:
    fields = entry.model_dump(mode="json", exclude={"tenant", "reservation_id", "pico_usd", "estimated_pico_usd"})
    return fields | {
        "at": timestamp(entry.at),
        "cost_usd": _usd(entry.pico_usd),
        "estimated_cost_usd": _usd(entry.estimated_pico_usd),
    }


def _by(sums: Mapping[str, Totals], kind: str) -> list[dict[str, Any]]:
    """The most runs first."""
    ordered = sorted(sums.items(), key=lambda pair: (-pair[1].runs, pair[0]))
    return [{kind: name} | _sums(totals) for name, totals in ordered]


def _sums(totals: Totals) -> dict[str, Any]:
    return {
        "runs": totals.runs,
        "input_tokens": totals.input_tokens,
        "output_tokens": totals.output_tokens,
        "cached_tokens": totals.cached_tokens,
        "cost_usd": float(from_pico(totals.pico_usd)),
        "unpriced_runs": totals.unpriced_runs,
        "platform_units": totals.platform_units,
    }


def _usd(pico_usd: int | None) -> Decimal | None:
    return None if pico_usd is None else from_pico(pico_usd).normalize()


def _number(usd: Decimal | None) -> float | None:
    """A Decimal until here, where JSON has only numbers."""
    return None if usd is None else float(usd)
