"""What of an invocation reaches a request."""

import time
from types import SimpleNamespace
from typing import Any

import pytest

from promptyard.api.lambda_scope import (
    RESERVE_SECONDS,
    UNSTREAMED_SECONDS,
    RunTime,
    lambda_request_id,
    request_id,
    run_time,
    seconds_left,
)

CONTEXT = SimpleNamespace(aws_request_id="abc", get_remaining_time_in_millis=lambda: 10_000)


def streamed(**values: Any) -> dict[str, Any]:
    return {"extensions": {"aws.lambda": values}}


def test_outside_of_lambda_the_limit_holds_and_an_id_is_made_once() -> None:
    scope: dict[str, Any] = {"type": "http"}
    assert seconds_left(scope, 300) == 300
    assert lambda_request_id(scope) is None
    assert request_id(scope) == request_id(scope)


@pytest.mark.parametrize("scope", [{"aws.context": CONTEXT}, streamed(request_id="abc")])
def test_the_invocations_id_is_the_requests(scope: dict[str, Any]) -> None:
    assert request_id(scope) == "abc"


def test_a_run_ends_before_its_invocation() -> None:
    assert seconds_left({"aws.context": CONTEXT}, 300) == 10 - RESERVE_SECONDS
    assert seconds_left({"aws.context": CONTEXT}, 5) == 5
    ends_ms = (time.time() + 60) * 1000
    assert seconds_left(streamed(disconnect_ms=ends_ms), 300) == pytest.approx(60 - RESERVE_SECONDS, abs=0.5)
    assert seconds_left(streamed(disconnect_ms=0), 300) == 0
    assert seconds_left(streamed(disconnect_ms=None), 300) == 300


def test_what_is_answered_as_a_whole_ends_before_the_gateway_gives_it_up() -> None:
    assert run_time({"type": "http"}, 880) == RunTime(880, 880)
    time_left = run_time(streamed(request_id="abc", disconnect_ms=(time.time() + 890) * 1000), 880)
    assert time_left == RunTime(880, UNSTREAMED_SECONDS)
    assert (time_left.of(stream=True), time_left.of(stream=False)) == (880, UNSTREAMED_SECONDS)
    assert run_time(streamed(request_id="abc", disconnect_ms=None), 60) == RunTime(60, 60)
    assert run_time({"aws.context": CONTEXT}, 880) == RunTime(9, 9)
