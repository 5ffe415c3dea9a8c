"""Limits on what a tenant, or one of its API keys, may use."""

from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

MAX_RUNS_AT_ONCE = 1_000
"""What one tenant may have going on: their reservations stand in one item of the store."""


class Quotas(BaseModel):
    """None: no limit. A month is a calendar month in UTC."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tokens_per_month: int | None = Field(None, ge=0, le=10**15)
    """How many tokens, input and output together, a calendar month in UTC may take, at least 0. None: no limit."""
    usd_per_month: Decimal | None = Field(None, ge=0, le=10**9, decimal_places=6)
    """How many US dollars of provider cost a calendar month in UTC may take, at least 0. None: no limit."""
    requests_per_minute: int | None = Field(None, ge=0, le=10**6)
    """How many requests a minute may bring, from 0 to 1,000,000. None: no limit."""

    @field_validator("*", mode="before")
    @classmethod
    def _true_is_not_one(cls, value: Any) -> Any:
        if isinstance(value, bool):
            raise ValueError("this is a number, and not true or false")
        return value


class TenantQuotas(Quotas):
    """None: no limit; of `runs_at_once` the deployment's."""

    runs_at_once: int | None = Field(None, ge=1, le=MAX_RUNS_AT_ONCE)
    """How many runs may go on at once, from 1 to 1,000. None: as many as the deployment lets every tenant have."""


UNLIMITED = Quotas()
NO_QUOTAS = TenantQuotas()
