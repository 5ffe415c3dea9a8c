"""Which failures of a judge the text that it was to score may have brought about."""

import pytest

from promptyard.domain.errors import (
    DeadlineExceeded,
    MissingKey,
    NotFound,
    PromptyardError,
    ProviderAuth,
    ProviderError,
    ProviderMalformed,
    ProviderOverloaded,
    ProviderRateLimited,
    ProviderUnreachable,
    StoreUnavailable,
)
from promptyard.services.playgrounds.scored import may_be_the_texts_doing


@pytest.mark.parametrize(
    "failure",
    [
        ProviderMalformed("The judge's answer is not a JSON object with a score and a reason."),
        ProviderError("Too long", status=400),
        ProviderError("Too large", status=413),
        ProviderError("Refused", status=422),
        DeadlineExceeded("It would not end"),
    ],
    ids=repr,
)
def test_what_a_text_can_do_is_held_against_it(failure: PromptyardError) -> None:
    assert may_be_the_texts_doing(failure)


@pytest.mark.parametrize(
    "failure",
    [
        MissingKey("No key"),
        NotFound("The custom model is gone"),
        ProviderAuth("Wrong key", status=401),
        ProviderError("No such model", status=404),
        ProviderError("Broken", status=500),
        ProviderOverloaded("Busy", status=529),
        ProviderRateLimited("Slow down", status=429),
        ProviderUnreachable("Nobody there"),
        StoreUnavailable("Away"),
    ],
    ids=repr,
)
def test_what_it_cannot_do_is_not(failure: PromptyardError) -> None:
    assert not may_be_the_texts_doing(failure)
