"""Why a run failed, as it is kept and shown."""

from typing import Self

from promptyard.domain.deferred import FrozenModel
from promptyard.domain.errors import (
    Cancelled,
    DeadlineExceeded,
    EndpointRefused,
    InvalidRequest,
    MissingKey,
    OurFault,
    PromptyardError,
    ProviderAuth,
    ProviderError,
    ProviderMalformed,
    ProviderOverloaded,
    ProviderRateLimited,
)

_FAILURES: tuple[type[PromptyardError], ...] = (
    Cancelled,
    DeadlineExceeded,
    EndpointRefused,
    InvalidRequest,
    MissingKey,
    ProviderAuth,
    ProviderMalformed,
    ProviderOverloaded,
    ProviderRateLimited,
)
"""What a run can fail with, beside a plain ProviderError."""


REFUSALS = frozenset({400, 413, 422})
"""Statuses by which providers refuse what they were sent, in words that may quote it; not who sent it, or how often."""


class RunFailure(FrozenModel):
    """Why a run did not succeed, as the wire shows it."""

    code: str
    message: str
    retryable: bool = False
    provider_status: int | None = None

    @classmethod
    def of(cls, error: PromptyardError) -> Self:
        return cls(
            code=error.code,
            message=error.message,
            retryable=error.retryable,
            provider_status=error.status if isinstance(error, ProviderError) else None,
        )

    def unquoted(self) -> Self:
        """Without the provider's own words, where they may quote what it was sent."""
        if self.provider_status not in REFUSALS:
            return self
        message = f"The provider refused what it was sent, with status {self.provider_status}"
        return self.model_copy(update={"message": message})

    def as_error(self) -> PromptyardError:
        """The error that it was made of, as far as it is kept."""
        if self.code == OurFault.code:
            return OurFault()
        kind = next((kind for kind in _FAILURES if kind.code == self.code), ProviderError)
        error = kind(self.message)
        error.retryable = self.retryable
        if isinstance(error, ProviderError):
            error.status = self.provider_status
        return error
