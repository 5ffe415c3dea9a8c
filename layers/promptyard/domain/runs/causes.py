"""Whose matter it is that a run failed, which is what alarms go by."""

from enum import StrEnum

from promptyard.domain.errors import (
    Blocked,
    Cancelled,
    DeadlineExceeded,
    GuardsUnavailable,
    PromptyardError,
    ProviderAuth,
    ProviderError,
    ProviderRateLimited,
    StoreUnavailable,
)


class Cause(StrEnum):
    OURS = "ours"
    PROVIDER = "provider"
    CALLER = "caller"


_PASSING = frozenset({408, 429})
"""Statuses below 500 that say nothing against what was sent."""
_NO_CREDIT = 402


def cause_of(error: PromptyardError | None, *, own_key: bool = False, own_address: bool = False) -> Cause | None:
    """None of what is no failure. `own_key`, `own_address`: the provider was called with a key, or at an address, that
    is the caller's or its tenant's."""
    match error:
        case None | Blocked() | Cancelled():
            return None
        case StoreUnavailable() | GuardsUnavailable():
            return Cause.OURS
        case ProviderError() | DeadlineExceeded() if own_address:
            return Cause.CALLER
        case DeadlineExceeded():
            return Cause.PROVIDER
        case ProviderError():
            return _of_provider(error, own_key=own_key)
    return Cause.OURS if error.code == PromptyardError.code else Cause.CALLER


def _of_provider(error: ProviderError, *, own_key: bool) -> Cause:
    """A key that is refused or out of credit is whoever's it is, and so are its account's limits."""
    if isinstance(error, ProviderAuth) or error.status == _NO_CREDIT:
        return Cause.CALLER if own_key else Cause.OURS
    if isinstance(error, ProviderRateLimited):
        return Cause.CALLER if own_key else Cause.PROVIDER
    refused = error.status is not None and 400 <= error.status < 500 and error.status not in _PASSING
    return Cause.CALLER if refused else Cause.PROVIDER
