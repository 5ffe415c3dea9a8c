"""The same on AWS's own Runtime Interface Emulator."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.streaming_runtime.events import SQS_EVENT, rest_event
from tests.streaming_runtime.runtime_process import APPS, COMMAND
from tests.support.servers.emulator import LambdaEmulator, lambda_emulator

pytestmark = [pytest.mark.emulator, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def emulator() -> AsyncIterator[LambdaEmulator]:
    stream = {"ASGI_STREAM_MODE": "stream"}
    async with lambda_emulator(COMMAND, handler="fastapi_app.app", directory=APPS, environment=stream) as emulator:
        yield emulator


async def test_a_request(emulator: LambdaEmulator) -> None:
    answer = await emulator.stream(rest_event("/health"))
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.body == b'{"status":"ok"}'
    assert f"START RequestId: {answer.headers['x-request-id']}" in emulator.log


async def test_a_stream(emulator: LambdaEmulator) -> None:
    answer = await emulator.stream(rest_event("/events", multiValueQueryStringParameters={"count": ["50"]}))
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.body.count(b"data: ") == 50


async def test_bytes_cookies_and_empty_answers(emulator: LambdaEmulator) -> None:
    data = bytes(range(256)) * 4
    assert (await emulator.stream(rest_event("/echo", "POST", body=data))).body == data
    assert len((await emulator.stream(rest_event("/cookies"))).cookies) == 2
    assert (await emulator.stream(rest_event("/old"))).status == 302
    assert (await emulator.stream(rest_event("/thing", "DELETE"))).status == 204


async def test_a_failing_stream_and_a_refused_event_leave_it_alive(emulator: LambdaEmulator) -> None:
    failing = await emulator.stream(rest_event("/events", multiValueQueryStringParameters={"fail_after": ["1"]}))
    assert failing.body.count(b"data: ") == 1
    refused = await emulator.invoke(SQS_EVENT)
    assert b"Runtime.UnsupportedEvent" in refused
    assert (await emulator.stream(rest_event("/health"))).status == 200
