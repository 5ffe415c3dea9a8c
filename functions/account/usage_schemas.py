"""The wire of what a tenant has used. Money is in US dollars of provider cost; months and days are UTC's."""

from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from promptyard.api.paging import CursorQuery, Page
from promptyard.api.text_files import FileFormat

Month = Annotated[str, Field(pattern=r"^20\d\d-(0[1-9]|1[0-2])$", description="YYYY-MM, in UTC", examples=["2026-11"])]
MAX_PAGE = 100
MAX_FILE_PAGE = 5_000


class UsageQuery(BaseModel):
    """Without a month it is the current one."""

    model_config = ConfigDict(extra="forbid")

    month: Month | None = None


class LedgerQuery(CursorQuery):
    """`limit` is 20 where none is given, at most 100; in a file 5,000, which is at most as many. `offset` is left
    aside when there is a cursor."""

    month: Month | None = None
    format: Literal["json"] | FileFormat = "json"
    limit: int = Field(20, ge=1, le=MAX_FILE_PAGE)

    @model_validator(mode="after")
    def _fitting_limit(self) -> "LedgerQuery":
        if self.format == "json" and self.limit > MAX_PAGE:
            raise ValueError(f"limit is at most {MAX_PAGE} where format is json")
        if self.format != "json" and "limit" not in self.model_fields_set:
            self.limit = MAX_FILE_PAGE
        return self


UsageOf = Annotated[UsageQuery, Query()]
LedgerOf = Annotated[LedgerQuery, Query()]


class Sums(BaseModel):
    """Sums over runs. `cost_usd` is the cost of those whose cost is known, `unpriced_runs` how many the others are;
    `cached_tokens` is the part of `input_tokens` that was read from the providers' caches, as far as they tell. A
    platform unit is a started minute of a run."""

    runs: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost_usd: float
    unpriced_runs: int
    platform_units: int


class DaySums(Sums):
    day: str


class ModelSums(Sums):
    model: str


class KeySums(Sums):
    """`key` is an API key's id or a token's subject; null where nobody had to say who it was."""

    key: str | None


class EndpointSums(Sums):
    endpoint: str


class QuotaState(BaseModel):
    """A month's quota, of the tenant or of the API key that asks. `unit` is `tokens` or `usd`."""

    scope: Literal["tenant", "key"]
    unit: Literal["tokens", "usd"]
    limit: float
    used: float
    reserved: float
    remaining: float
    resets_at: str


class Reserved(BaseModel):
    """What is held back for runs that are going on."""

    runs: int
    tokens: int
    cost_usd: float


class UsageBody(BaseModel):
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
    listed_until: str


class LedgerEntryBody(BaseModel):
    """What a run was charged. `source` says how its tokens are known: `reported` by the provider, `estimated` from the
    texts, or `expired`: the process that carried the run died, and what was reserved is charged. `estimated_…` is
    what was reserved; `price_date` is the version of the prices. A cost that is not known is null."""

    run_id: str
    at: str
    key: str | None
    endpoint: str
    provider: str
    model: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int | None
    cost_usd: float | None
    platform_units: int
    source: Literal["reported", "estimated", "expired"]
    estimated_tokens: int
    estimated_cost_usd: float | None
    price_date: str | None


class LedgerPageBody(Page[LedgerEntryBody]):
    pass
