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
    """How many runs."""
    input_tokens: int
    """Their input tokens."""
    output_tokens: int
    """Their output tokens."""
    cached_tokens: int
    """Input tokens that came from providers' caches, as far as they tell."""
    cost_usd: Usd
    """The cost of those whose cost is known, in US dollars."""
    unpriced_runs: int
    """How many of the runs have a cost that is not known."""
    platform_units: int
    """Started minutes of the runs."""

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
    """The day, in UTC."""


class ModelSums(Sums):
    model: str
    """The model, with its provider's prefix; `(others)` for the last of many."""


class KeySums(Sums):
    """`key` is an API key's id or a token's subject; null where nobody had to say who it was."""

    key: str | None
    """Who ran them: an API key's id or a token's subject; `(others)` for the last of many. Null where nobody had to say
    who it was."""


class EndpointSums(Sums):
    endpoint: str
    """The route that asked for the runs, such as `playground/run`; `(others)` for the last of many."""


class QuotaState(DeferredModel):
    """A month's quota, of the tenant or of the API key that asks. `unit` is `tokens` or `usd`."""

    scope: Literal["tenant", "key"]
    """Whose quota it is: the `tenant`'s, or that of the API `key` that asks."""
    unit: Literal["tokens", "usd"]
    """What is counted: `tokens` or `usd`."""
    limit: int | float
    """The most that the month may take, in the unit."""
    used: int | float
    """How much of it is used, in the unit."""
    reserved: int | float
    """How much of it runs have reserved that are going on, in the unit."""
    remaining: int | float
    """How much of it is left, in the unit, at least 0."""
    resets_at: Timestamp
    """When the next month begins, in UTC."""

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
    """How many runs are going on."""
    tokens: int
    """How many tokens are held back for them."""
    cost_usd: Usd
    """How much is held back for them, in US dollars."""

    @classmethod
    def of(cls, month: MonthUsage) -> "Reserved":
        reserved = month.reserved_of(None)
        return Reserved(runs=len(month.open), tokens=reserved.tokens, cost_usd=from_pico(reserved.pico_usd))


class UsageAnswer(DeferredModel):
    """`total` is exact at this moment. The lists are made from the ledger and go to `listed_until`, which is now; or,
    where there is more to read than one answer can wait for, some hour before: ask again. Of a kind's many names the
    last ones are under `(others)`."""

    month: str
    """The month, as YYYY-MM, in UTC."""
    total: Sums
    """What all runs of the month have used, exact at this moment."""
    reserved: Reserved
    """What is held back for runs that are going on."""
    quotas: list[QuotaState]
    """How far the month's quotas are used. Empty where there are none."""
    requests_per_minute: int | None
    """How many requests a minute may bring. Null: no limit."""
    runs_at_once: int | None
    """How many runs the tenant may have going on at once. Null: as many as the deployment lets every tenant have."""
    by_day: list[DaySums]
    """What was used on each day."""
    by_model: list[ModelSums]
    """What was used on each model, the most runs first."""
    by_key: list[KeySums]
    """What each caller used, the most runs first."""
    by_endpoint: list[EndpointSums]
    """What each route used, the most runs first."""
    listed_until: Timestamp
    """Up to when the lists go, in UTC: now, or some hour before where there is more to read. Ask again then."""

    @classmethod
    def of(cls, report: "MonthReport", limits: "Limits") -> "UsageAnswer":
        month, by = report.counted, report.whole.by
        return UsageAnswer(
            month=month.month,
            total=Sums.of(month.settled),
            reserved=Reserved.of(month),
            quotas=[QuotaState.of(quota, month) for quota in limits.quotas()],
            requests_per_minute=min((rate.limit for rate in limits.rates()), default=None),
            runs_at_once=limits.runs_at_once,
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
    """The run's id; of a guardrail's call the entry's own."""
    at: Timestamp
    """When the run began, in UTC: that month is charged."""
    key: str | None
    """Who ran it: an API key's id or a token's subject. Null where nobody had to say who it was."""
    endpoint: str
    """The route that asked for the run, such as `playground/run`."""
    provider: str
    """The provider's id."""
    model: str
    """The model, named without its provider."""
    input_tokens: int
    """Input tokens that are charged."""
    output_tokens: int
    """Output tokens that are charged."""
    cached_tokens: int | None
    """Input tokens that came from the provider's cache. Null where it does not tell."""
    cost_usd: Usd | None
    """What is charged, in US dollars. Null where the cost is not known."""
    platform_units: int
    """Started minutes of the run."""
    source: ChargeSource
    """How the tokens are known: `reported`, `estimated`, `custom` (by the caller's own endpoint), or `expired` (what
    was reserved, for the process died)."""
    estimated_tokens: int
    """How many tokens were reserved."""
    estimated_cost_usd: Usd | None
    """What was reserved, in US dollars. Null where the model has no known price."""
    price_date: Day | None
    """The day as of which the prices were collected. Null where no prices are known."""
    text_units: int | None
    """What a guardrail counted. Null for a run."""

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
