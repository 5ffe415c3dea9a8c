"""Token counts of one run, normalised over the providers."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from promptyard.domain.deferred import FrozenModel

MAX_TOKENS = 10**12
"""No context is a millionth of it: beyond it a count is a mistake, and beyond 38 digits DynamoDB does not keep it."""
Count = Annotated[int, Field(ge=0, le=MAX_TOKENS)]
"""Of tokens."""


class Usage(FrozenModel):
    """Counts in tokens as the provider reported them; None is not known.

    `input_tokens` includes cached reads and writes, `output_tokens` includes reasoning, whatever the
    provider's own fields include.
    """

    input_tokens: Count | None = None
    output_tokens: Count | None = None
    cached_tokens: Count | None = None
    """Part of the input that was read from the provider's cache."""
    cache_write_tokens: Count | None = None
    """Part of the input that was written to the provider's cache."""
    reasoning_tokens: Count | None = None
    cache_write_1h_tokens: Count | None = None
    """Part of the cache writes that is kept for an hour, which costs more."""
    searches: Count | None = None
    """Web searches that the provider made, which cost a fee each."""
    service_tier: str | None = Field(default=None, max_length=64)
    """What the provider says of how it served the request, where that changes the price: `flex`, `priority`."""
    provider_cost_usd: Decimal | None = Field(default=None, ge=0)
    """What the provider itself says that the request cost."""

    @property
    def total_tokens(self) -> int | None:
        if self.input_tokens is None or self.output_tokens is None:
            return None
        return self.input_tokens + self.output_tokens


class UsageSource(StrEnum):
    REPORTED = "reported"
    ESTIMATED = "estimated"
    UNKNOWN = "unknown"
