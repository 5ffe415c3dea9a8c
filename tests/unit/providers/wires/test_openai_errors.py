"""Errors in OpenAI's form, and in the forms of those who made theirs after it."""

import json
from typing import Any

import pytest

from promptyard.domain.errors import ProviderAuth, ProviderError, ProviderOverloaded, ProviderRateLimited
from promptyard.providers.wires import openai_errors
from tests.support.servers.wire_replay import FIXTURES

RECORDED = FIXTURES / "openai_compatible"


def parsed(status: int, answer: Any = None, **headers: str) -> ProviderError:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    body = answer if isinstance(answer, bytes) else json.dumps(answer or {}).encode()
    return openai_errors.parse_error(status, sent, body, {"random_seed": "seed"})


def recorded(status: int, name: str, **headers: str) -> ProviderError:
    return parsed(status, (RECORDED / f"{name}.json").read_bytes(), **headers)


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [
        (400, ProviderError, False),
        (401, ProviderAuth, False),
        (402, ProviderError, False),
        (403, ProviderAuth, False),
        (404, ProviderError, False),
        (408, ProviderError, True),
        (429, ProviderRateLimited, True),
        (500, ProviderError, True),
        (502, ProviderError, True),
        (503, ProviderOverloaded, True),
        (504, ProviderError, True),
    ],
)
def test_the_status_comes_first(status: int, kind: type, retryable: bool) -> None:
    error = parsed(status, {"error": {"message": "Sorry", "code": None}})

    assert type(error) is kind
    assert (error.status, error.retryable, error.message) == (status, retryable, "Sorry")


def test_a_used_up_quota_is_not_tried_again() -> None:
    error = recorded(429, "error_429_quota", retry_after="5")

    assert isinstance(error, ProviderRateLimited)
    assert not error.retryable


def test_a_rate_limit_says_when() -> None:
    assert recorded(429, "error_429_rate", retry_after="2").retry_after == 2
    assert recorded(429, "error_429_rate", retry_after="2", retry_after_ms="1500").retry_after == 1.5
    assert recorded(429, "error_429_rate").retry_after is None


@pytest.mark.parametrize(("header", "retryable"), [("true", True), ("false", False)])
def test_the_provider_may_say_whether_to_try_again(header: str, retryable: bool) -> None:
    assert parsed(500, x_should_retry=header).retryable is retryable
    assert parsed(400, x_should_retry=header).retryable is retryable


def test_a_refused_parameter_is_named() -> None:
    assert recorded(400, "error_400_parameter").param == "temperature"
    assert recorded(401, "error_401").param is None


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500])
def test_only_a_request_that_was_refused_names_a_parameter(status: int) -> None:
    made = parsed(status, {"error": {"message": "Sorry", "param": "temperature"}})
    assert (made.param, made.field) == (None, None)


def test_a_server_that_lists_what_is_wrong() -> None:
    error = recorded(422, "error_422_mistral")

    assert error.message == "random_seed: Extra inputs are not permitted"
    assert error.param == "seed"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"", "The provider answered with status 500"),
        (b"<html>Bad gateway</html>", "The provider answered with status 500"),
        ([], "The provider answered with status 500"),
        ({"error": "Plainly said"}, "Plainly said"),
        ({"error": {"message": "  Said  "}}, "Said"),
        ({"object": "error", "message": "Said by vLLM", "code": 500}, "Said by vLLM"),
        ({"detail": "Said by FastAPI"}, "Said by FastAPI"),
    ],
)
def test_the_message_is_the_providers_where_it_has_one(answer: Any, message: str) -> None:
    assert parsed(500, answer).message == message


@pytest.mark.parametrize(
    ("detail", "kind", "retryable"),
    [
        ({"type": "server_error"}, ProviderError, True),
        ({"code": "rate_limit_exceeded", "type": "requests"}, ProviderRateLimited, True),
        ({"code": "insufficient_quota", "type": "insufficient_quota"}, ProviderRateLimited, False),
        ({"type": "overloaded_error"}, ProviderOverloaded, True),
        ({"code": 503}, ProviderOverloaded, True),
        ({"code": "401"}, ProviderAuth, False),
        ({"code": "content_policy_violation"}, ProviderError, False),
        ({}, ProviderError, True),
    ],
)
def test_inside_a_stream_the_code_stands_for_the_status(detail: dict[str, Any], kind: type, retryable: bool) -> None:
    error = openai_errors.error_of({"message": "Sorry", **detail})

    assert type(error) is kind
    assert (error.status, error.retryable) == (None, retryable)
