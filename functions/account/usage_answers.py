"""Answers of what a tenant has used. Money is in US dollars of provider cost; months and days are UTC's."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from fastapi import Response

from promptyard.api.answers.fields import Day, Timestamp, Usd, json_of, timestamp
from promptyard.api.paging import PageAnswer
from promptyard.api.text_files import MEDIA_TYPES, FileFormat, csv_lines, file_headers, json_lines
from promptyard.domain.deferred import DeferredModel
from promptyard.domain.metering.ledger import ChargeSource, LedgerEntry, MonthUsage, Totals, from_pico, month_bounds
from promptyard.domain.paging import Page

if TYPE_CHECKING:
    from promptyard.domain.metering.limits import Limits, Quota
    from promptyard.services.metering.usage import MonthReport

CURSOR_HEADER = "x-next-cursor"


class Sums(DeferredModel):
    """Sums over runs. `cost_usd` is the cost of those whose cost is known, `unpriced_runs` how many the others are;
    `cached_tokens` is the part of `input_tokens` that was read from the providers' caches, as far as they tell. A
    platform unit is a started minute of a run."""

    runs: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost_usd: Usd
    unpriced_runs: int
    platform_units: int

    @classmethod
    def of(cls, totals: Totals) -> "Sums":
        return Sums(
            runs=totals.runs,
            input_tokens=totals.input_tokens,
            output_tokens=totals.output_tokens,
            cached_tokens=totals.cached_tokens,
            cost_usd=from_pico(totals.pico_usd),
            unpriced_runs=totals.unpriced_runs,
            platform_units=totals.platform_units,
        )


class DaySums(Sums):
    day: Day


class ModelSums(Sums):
    model: str


class KeySums(Sums):
    """`key` is an API key's id or a token's subject; null where nobody had to say who it was."""

    key: str | None


class EndpointSums(Sums):
    endpoint: str


class QuotaState(DeferredModel):
    """A month's quota, of the tenant or of the API key that asks. `unit` is `tokens` or `usd`."""

    scope: Literal["tenant", "key"]
    unit: Literal["tokens", "usd"]
    limit: int | float
    used: int | float
    reserved: int | float
    remaining: int | float
    resets_at: Timestamp

    @classmethod
    def of(cls, quota: "Quota", month: MonthUsage) -> "QuotaState":
        return QuotaState(
            scope=quota.scope,
            unit=quota.unit,
            limit=quota.shown(quota.limit),
            used=quota.shown(quota.committed(month) - quota.reserved(month)),
            reserved=quota.shown(quota.reserved(month)),
            remaining=quota.shown(max(0, quota.limit - quota.committed(month))),
            resets_at=month_bounds(month.month)[1],
        )


class Reserved(DeferredModel):
    """What is held back for runs that are going on."""

    runs: int
    tokens: int
    cost_usd: Usd

    @classmethod
    def of(cls, month: MonthUsage) -> "Reserved":
        reserved = month.reserved_of(None)
        return Reserved(runs=len(month.open), tokens=reserved.tokens, cost_usd=from_pico(reserved.pico_usd))


class UsageAnswer(DeferredModel):
    """`total` is exact at this moment. The lists are made from the ledger and go to `listed_until`, which is now; or,
    where there is more to read than one answer can wait for, some hour before: ask again. Of a kind's many names the
    last ones are under `(others)`."""

    month: str
    total: Sums
    reserved: Reserved
    quotas: list[QuotaState]
    requests_per_minute: int | None
    by_day: list[DaySums]
    by_model: list[ModelSums]
    by_key: list[KeySums]
    by_endpoint: list[EndpointSums]
    listed_until: Timestamp

    @classmethod
    def of(cls, report: "MonthReport", limits: "Limits") -> "UsageAnswer":
        month, by = report.counted, report.whole.by
        return UsageAnswer(
            month=month.month,
            total=Sums.of(month.settled),
            reserved=Reserved.of(month),
            quotas=[QuotaState.of(quota, month) for quota in limits.quotas()],
            requests_per_minute=min((rate.limit for rate in limits.rates()), default=None),
            by_day=[DaySums(day=day, **vars(Sums.of(summary.total))) for day, summary in report.days.items()],
            by_model=[ModelSums(model=name, **sums) for name, sums in _most_first(by["model"])],
            by_key=[KeySums(key=name or None, **sums) for name, sums in _most_first(by["key"])],
            by_endpoint=[EndpointSums(endpoint=name, **sums) for name, sums in _most_first(by["endpoint"])],
            listed_until=report.until,
        )


def _most_first(by: Mapping[str, Totals]) -> list[tuple[str, dict[str, Any]]]:
    """The names with the fields of their sums, the most runs first."""
    ordered = sorted(by.items(), key=lambda pair: (-pair[1].runs, pair[0]))
    return [(name, vars(Sums.of(totals))) for name, totals in ordered]


class LedgerEntryAnswer(DeferredModel):
    """What a run was charged. `source` says how its tokens are known: `reported` by the provider, `custom`: by an
    endpoint that the caller brought, `estimated` from what was sent and came, or `expired`: the process that carried
    the run died, and what was reserved is charged. `estimated_…` is what was reserved; `price_date` is the version of
    the prices. A cost that is not known is null. `text_units` is what a guardrail counted: such an entry is of no run,
    and `run_id` its own id."""

    run_id: str
    at: Timestamp
    key: str | None
    endpoint: str
    provider: str
    model: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int | None
    cost_usd: Usd | None
    platform_units: int
    source: ChargeSource
    estimated_tokens: int
    estimated_cost_usd: Usd | None
    price_date: Day | None
    text_units: int | None

    @classmethod
    def of(cls, entry: LedgerEntry) -> "LedgerEntryAnswer":
        return LedgerEntryAnswer(
            run_id=entry.run_id,
            at=entry.at,
            key=entry.key,
            endpoint=entry.endpoint,
            provider=entry.provider,
            model=entry.model,
            input_tokens=entry.input_tokens,
            output_tokens=entry.output_tokens,
            cached_tokens=entry.cached_tokens,
            cost_usd=_usd(entry.pico_usd),
            platform_units=entry.platform_units,
            source=entry.source,
            estimated_tokens=entry.estimated_tokens,
            estimated_cost_usd=_usd(entry.estimated_pico_usd),
            price_date=entry.price_date,
            text_units=entry.text_units,
        )


class LedgerPageAnswer(PageAnswer[LedgerEntryAnswer]):
    total: None


def ledger_file(page: Page[LedgerEntry], file_format: FileFormat, *, is_first: bool) -> Response:
    """A page of the ledger as a file; the next one begins at the cursor in its header."""
    entries = [LedgerEntryAnswer.of(entry) for entry in page.items]
    if file_format == "jsonl":
        text = json_lines(json_of(entry) for entry in entries)
    else:
        head = [list(LedgerEntryAnswer.model_fields)] if is_first else []
        text = csv_lines([*head, *(_row(entry) for entry in entries)])
    headers = file_headers("promptyard-ledger", file_format)
    if page.next_cursor is not None:
        headers[CURSOR_HEADER] = page.next_cursor
    return Response(text, media_type=MEDIA_TYPES[file_format], headers=headers)


def _row(entry: LedgerEntryAnswer) -> list[Any]:
    """Money with all its digits, never in the form 1E-7."""
    texts = {"at": timestamp(entry.at), "cost_usd": _digits(entry.cost_usd)}
    texts["estimated_cost_usd"] = _digits(entry.estimated_cost_usd)
    return [texts.get(name, value) for name, value in entry]


def _digits(usd: Decimal | None) -> str | None:
    return None if usd is None else format(usd, "f")


def _usd(pico_usd: int | None) -> Decimal | None:
    return None if pico_usd is None else from_pico(pico_usd).normalize()
