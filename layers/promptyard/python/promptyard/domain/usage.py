"""Token counts of one run, normalised over the providers."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, NonNegativeInt


class Usage(BaseModel):
    """Counts in tokens as the provider reported them; None is not known.

    `input_tokens` includes cached reads and writes, `output_tokens` includes reasoning, whatever the
    provider's own fields include.
    """

    model_config = ConfigDict(frozen=True)

    input_tokens: NonNegativeInt | None = None
    output_tokens: NonNegativeInt | None = None
    cached_tokens: NonNegativeInt | None = None
    """Part of the input that was read from the provider's cache."""
    cache_write_tokens: NonNegativeInt | None = None
    """Part of the input that was written to the provider's cache."""
    reasoning_tokens: NonNegativeInt | None = None

    @property
    def total_tokens(self) -> int | None:
        if self.input_tokens is None or self.output_tokens is None:
            return None
        return self.input_tokens + self.output_tokens


class UsageSource(StrEnum):
    REPORTED = "reported"
    ESTIMATED = "estimated"
    UNKNOWN = "unknown"
