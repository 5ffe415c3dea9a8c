"""Whose matter a failure is: alarms go by it, and a caller's mistake wakes nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.domain.errors import (
    Blocked,
    Cancelled,
    DeadlineExceeded,
    EndpointRefused,
    GuardsUnavailable,
    InvalidRequest,
    MissingKey,
    OurFault,
    PromptyardError,
    ProviderAuth,
    ProviderError,
    ProviderMalformed,
    ProviderOverloaded,
    ProviderRateLimited,
    ProviderUnreachable,
    StoreBusy,
    StoreUnavailable,
    UnknownModel,
)
from promptyard.domain.runs.causes import Cause, cause_of
from promptyard.domain.runs.failures import RunFailure

OURS, PROVIDER, CALLER = Cause.OURS, Cause.PROVIDER, Cause.CALLER
STATUSES = st.none() | st.integers(100, 599)
PROVIDERS = st.sampled_from(
    [ProviderError, ProviderAuth, ProviderMalformed, ProviderOverloaded, ProviderRateLimited, ProviderUnreachable]
)


@pytest.mark.parametrize(
    ("error", "with_ours", "with_theirs"),
    [
        (None, None, None),
        (Blocked("no"), None, None),
        (Cancelled("left"), None, None),
        (OurFault(), OURS, OURS),
        (StoreUnavailable("away"), OURS, OURS),
        (StoreBusy("busy"), OURS, OURS),
        (GuardsUnavailable("blind"), OURS, OURS),
        (PromptyardError("a setting"), OURS, OURS),
        (DeadlineExceeded("over"), PROVIDER, PROVIDER),
        (ProviderAuth("bad key", status=401), OURS, CALLER),
        (ProviderAuth("forbidden", status=403), OURS, CALLER),
        (ProviderError("no credit", status=402), OURS, CALLER),
        (ProviderRateLimited("slow down", status=429), PROVIDER, CALLER),
        (ProviderOverloaded("busy", status=503), PROVIDER, PROVIDER),
        (ProviderError("broken", status=500), PROVIDER, PROVIDER),
        (ProviderError("timeout", status=408), PROVIDER, PROVIDER),
        (ProviderError("silent"), PROVIDER, PROVIDER),
        (ProviderUnreachable("away"), PROVIDER, PROVIDER),
        (ProviderMalformed("garbage"), PROVIDER, PROVIDER),
        (ProviderError("too long", status=400), CALLER, CALLER),
        (ProviderError("no such model", status=404), CALLER, CALLER),
        (ProviderError("unprocessable", status=422), CALLER, CALLER),
        (InvalidRequest("wrong"), CALLER, CALLER),
        (UnknownModel("x"), CALLER, CALLER),
        (MissingKey("none"), CALLER, CALLER),
        (EndpointRefused("inside"), CALLER, CALLER),
    ],
    ids=lambda value: (
        f"{type(value).__name__} {getattr(value, 'status', '')}" if isinstance(value, Exception) else None
    ),
)
def test_whose_it_is(error: PromptyardError | None, with_ours: Cause | None, with_theirs: Cause | None) -> None:
    """With a key of the deployment's, and with one of the caller's or its tenant's."""
    assert cause_of(error) is with_ours
    assert cause_of(error, own_key=True) is with_theirs


@given(PROVIDERS, STATUSES, st.booleans())
def test_what_a_callers_own_endpoint_does_is_the_callers(
    kind: type[ProviderError], status: int | None, own_key: bool
) -> None:
    assert cause_of(kind("no", status=status), own_key=own_key, own_address=True) is CALLER


@given(PROVIDERS, STATUSES)
def test_a_callers_key_is_never_ours(kind: type[ProviderError], status: int | None) -> None:
    assert cause_of(kind("no", status=status), own_key=True) in {CALLER, PROVIDER}


def test_every_failure_of_a_run_is_known_again() -> None:
    """What is ours stays ours when it is read from a record."""
    failure = RunFailure.of(OurFault())
    assert failure.code == "internal"
    assert isinstance(failure.as_error(), OurFault)
    assert cause_of(failure.as_error()) is OURS
