"""Errors inside a stream have no status: what each provider's word for one stands for, by its documentation."""

import pytest

from promptyard.domain.errors import ProviderAuth, ProviderError, ProviderOverloaded, ProviderRateLimited
from promptyard.providers.wires import anthropic, google, openai_errors


@pytest.mark.parametrize(
    ("word", "status", "kind", "retryable"),
    [
        ("invalid_request_error", 400, ProviderError, False),
        ("authentication_error", 401, ProviderAuth, False),
        ("billing_error", 402, ProviderError, False),
        ("permission_error", 403, ProviderAuth, False),
        ("not_found_error", 404, ProviderError, False),
        ("request_too_large", 413, ProviderError, False),
        ("rate_limit_error", 429, ProviderRateLimited, True),
        ("api_error", 500, ProviderError, True),
        ("timeout_error", 504, ProviderError, True),
        ("overloaded_error", 529, ProviderOverloaded, True),
        ("error_of_tomorrow", 500, ProviderError, False),
        (None, 500, ProviderError, True),
    ],
)
def test_anthropic(word: str | None, status: int, kind: type[ProviderError], retryable: bool) -> None:
    made = anthropic.new_parser().error({"type": word, "message": "Because."})

    assert type(made) is kind
    assert (made.status, made.retryable, made.message) == (status, retryable, "Because.")


@pytest.mark.parametrize(
    ("word", "status", "kind", "retryable"),
    [
        ("INVALID_ARGUMENT", 400, ProviderError, False),
        ("FAILED_PRECONDITION", 400, ProviderError, False),
        ("UNAUTHENTICATED", 401, ProviderAuth, False),
        ("PERMISSION_DENIED", 403, ProviderAuth, False),
        ("NOT_FOUND", 404, ProviderError, False),
        ("RESOURCE_EXHAUSTED", 429, ProviderRateLimited, True),
        ("INTERNAL", 500, ProviderError, True),
        ("UNAVAILABLE", 503, ProviderOverloaded, True),
        ("DEADLINE_EXCEEDED", 504, ProviderError, True),
    ],
)
@pytest.mark.parametrize("code", [None, 0, 13, 399, 600])
def test_google(word: str, code: int | None, status: int, kind: type[ProviderError], retryable: bool) -> None:
    """Its number is a gRPC code now and then, or missing."""
    made = google.new_parser().error({"code": code, "status": word, "message": "Because."})

    assert type(made) is kind
    assert (made.status, made.retryable) == (status, retryable)


@pytest.mark.parametrize("status", [400, 404, 599])
def test_google_where_the_number_is_a_status(status: int) -> None:
    assert google.new_parser().error({"code": status, "status": "UNAVAILABLE"}).status == status


@pytest.mark.parametrize(
    ("words", "kind", "retryable"),
    [
        (["invalid_api_key", "authentication_error", "invalid_authentication_error"], ProviderAuth, False),
        (["permission_error", "401", "403"], ProviderAuth, False),
        (["rate_limit_exceeded", "rate_limit_error", "tokens", "requests", "429"], ProviderRateLimited, True),
        (["insufficient_quota"], ProviderRateLimited, False),
        (["server_error", "internal_error", "internal_server_error", "api_error"], ProviderError, True),
        (["timeout", "generation", "408", "500", "599"], ProviderError, True),
        (["overloaded", "overloaded_error", "engine_overloaded", "engine_overloaded_error"], ProviderOverloaded, True),
        (["service_unavailable", "service_unavailable_error", "503"], ProviderOverloaded, True),
        (["error_of_tomorrow", "400", "399", "600", "40", "4010"], ProviderError, False),
    ],
)
def test_those_made_after_openai(words: list[str], kind: type[ProviderError], retryable: bool) -> None:
    for word in words:
        for place in ("code", "type", "error_type"):
            made = openai_errors.error_of({place: word, "message": "Because."})

            assert type(made) is kind, word
            assert (made.status, made.retryable) == (None, retryable), word
