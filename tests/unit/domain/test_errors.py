"""Every kind of failure: its code, its status, and whether trying again may help. What clients are written against."""

from collections.abc import Iterator

from promptyard.api.errors import STATUS_OF_CODE, status_of
from promptyard.domain import errors
from promptyard.domain.errors import PromptyardError

FAILURES = {
    "InvalidRequest": ("validation", 422, False),
    "UnknownModel": ("unknown_model", 422, False),
    "MissingVariables": ("validation", 422, False),
    "RefusedParameter": ("validation", 422, False),
    "UnknownReference": ("validation", 422, False),
    "BadLines": ("validation", 422, False),
    "BadRequest": ("validation", 400, False),
    "BadCursor": ("validation", 400, False),
    "MissingKey": ("missing_key", 422, False),
    "EndpointRefused": ("endpoint_refused", 400, False),
    "OurFault": ("internal", 500, False),
    "Unauthenticated": ("unauthenticated", 401, False),
    "Forbidden": ("forbidden", 403, False),
    "NotFound": ("not_found", 404, False),
    "Conflict": ("conflict", 409, False),
    "GatesFailed": ("conflict", 409, False),
    "TooLarge": ("too_large", 413, False),
    "RateLimited": ("rate_limited", 429, True),
    "QuotaExceeded": ("quota_exceeded", 429, False),
    "StoreUnavailable": ("store_unavailable", 503, True),
    "StoreBusy": ("store_unavailable", 503, True),
    "GuardsUnavailable": ("guards_unavailable", 503, False),
    "DeadlineExceeded": ("deadline", 504, True),
    "Cancelled": ("cancelled", 409, False),
    "ProviderError": ("provider_error", 502, False),
    "ProviderUnreachable": ("provider_error", 502, False),
    "ProviderRateLimited": ("rate_limited", 502, False),
    "ProviderAuth": ("provider_auth", 502, False),
    "ProviderOverloaded": ("provider_overloaded", 502, False),
    "ProviderMalformed": ("provider_malformed", 502, False),
}
"""By the name of the class. A provider's failure is raised as one that may help to try again, or not."""

NEVER_ANSWERED = {"LimitReached": "internal", "Blocked": "blocked"}
"""What stands for others, and what is no failure to the caller."""


def kinds(base: type[PromptyardError] = PromptyardError) -> Iterator[type[PromptyardError]]:
    for kind in base.__subclasses__():
        if kind.__module__ == errors.__name__:
            yield kind
        yield from kinds(kind)


def as_raised(kind: type[PromptyardError]) -> PromptyardError:
    """One of them, without what its own constructor wants."""
    error = kind.__new__(kind)
    PromptyardError.__init__(error, "m")
    return error


def test_every_failure_has_its_code_its_status_and_says_whether_to_try_again() -> None:
    found = {kind.__name__: kind for kind in kinds()}
    told = {name: (found[name].code, status_of(as_raised(found[name])), found[name].retryable) for name in FAILURES}
    assert told == FAILURES
    assert {name: found[name].code for name in found.keys() - FAILURES.keys()} == NEVER_ANSWERED


def test_every_code_with_a_status_is_a_failures() -> None:
    expected = {code: status for code, status, _ in FAILURES.values() if status not in {400, 502}}
    assert {**expected, "endpoint_refused": 400} == dict(STATUS_OF_CODE)
