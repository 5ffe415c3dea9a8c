"""Near its deadline an application is told, then cancelled, then its answer is closed; Lambda never has to kill."""

import asyncio
import time

import pytest

from tests.streaming_runtime.conftest import Served
from tests.streaming_runtime.events import rest_event
from tests.streaming_runtime.fake_runtime_api import PATIENCE_SECONDS, Answer

pytestmark = pytest.mark.asyncio(loop_scope="module")
TIMEOUT_MS = 1_600  # told 400 ms before its end, cancelled 100 ms before it, closed 50 ms before it
AT_THE_LATEST_MS = TIMEOUT_MS + 500  # a busy machine may keep the test from seeing it in time


async def ended_in_time(served: Served, path: str) -> tuple[Answer, float]:
    """The answer, and how many milliseconds after the invocation it ended."""
    began_ns = time.time_ns()
    answer = await served.api.answer(rest_event(path), timeout_ms=TIMEOUT_MS)
    return answer, (time.time_ns() - began_ns) / 1e6


async def seen(served: Served) -> list[str]:
    answer = await served.api.answer(rest_event("/seen"))
    return list(answer.json)


async def seen_up_to(served: Served, last: str) -> list[str]:
    events: list[str] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while last not in events:
            events += await seen(served)
    return events


async def test_the_application_ends_its_stream_when_it_is_told(served: Served) -> None:
    answer, took_ms = await ended_in_time(served, "/last-words")
    assert answer.body == b"first last words"
    assert answer.trailers == {}
    assert 1_100 < took_ms < AT_THE_LATEST_MS
    await served.process.logged("The deadline is near")


async def test_one_that_goes_on_is_cancelled_and_its_answer_closed(served: Served) -> None:
    answer, took_ms = await ended_in_time(served, "/endless")
    assert answer.body == b"first"
    assert answer.trailers["lambda-runtime-function-error-type"] == "Runtime.DeadlineExceeded"
    assert 1_400 < took_ms < AT_THE_LATEST_MS
    assert await seen(served) == ["cancelled"]


async def test_one_that_has_not_begun_is_an_invocation_error(served: Served) -> None:
    answer, took_ms = await ended_in_time(served, "/endless-early")
    assert answer.error["errorType"] == "Runtime.DeadlineExceeded"
    assert 1_400 < took_ms < AT_THE_LATEST_MS


async def test_one_that_ignores_even_that_is_left_behind(served: Served) -> None:
    answer, took_ms = await ended_in_time(served, "/stubborn")
    assert answer.trailers["lambda-runtime-function-error-type"] == "Runtime.DeadlineExceeded"
    assert took_ms < AT_THE_LATEST_MS
    await served.process.logged("it is left behind")
    assert await seen_up_to(served, "http.response closed") == ["cancelled", "http.response closed"]


async def test_one_that_begins_to_answer_after_its_time_is_not_heard(served: Served) -> None:
    answer, _ = await ended_in_time(served, "/stubborn-early")
    assert answer.error["errorType"] == "Runtime.DeadlineExceeded"
    await seen_up_to(served, "http.response closed")
    assert f"/invocation/{answer.request_id}/response" not in served.api.calls


async def test_an_answer_that_lambda_does_not_acknowledge_is_given_up(served: Served) -> None:
    began_ns = time.time_ns()
    answer = await served.api.answer(rest_event("/plain"), timeout_ms=TIMEOUT_MS, is_accepted=False)
    assert answer.body == b"plain"
    assert answer.after_the_end == b""
    assert answer.closed_ns - began_ns < AT_THE_LATEST_MS * 1_000_000
    assert (await served.api.answer(rest_event("/plain"))).body == b"plain"
