"""A FastAPI application: what a framework asks of a server beyond the specification's letter."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.streaming_runtime.conftest import Served
from tests.streaming_runtime.events import rest_event
from tests.streaming_runtime.fake_runtime_api import fake_runtime_api
from tests.streaming_runtime.runtime_process import lambda_environment, runtime_process

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fastapi() -> AsyncIterator[Served]:
    async with fake_runtime_api() as api:
        environment = lambda_environment(api.address, "fastapi_app.app", AWS_LAMBDA_LOG_FORMAT="JSON")
        async with runtime_process(environment) as process:
            yield Served(api, process)


async def test_events_leave_one_by_one_through_its_middleware(fastapi: Served) -> None:
    answer = await fastapi.api.answer(rest_event("/events", multiValueQueryStringParameters={"count": ["20"]}))
    assert answer.prelude["headers"]["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.prelude["headers"]["x-request-id"] == answer.request_id
    assert len(answer.chunks) == 21
    assert answer.chunk_times_ns[-1] - answer.chunk_times_ns[0] > 19 * 4_000_000


async def test_a_crash_is_its_500_and_a_line_in_the_log(fastapi: Served) -> None:
    answer = await fastapi.api.answer(rest_event("/crash"), headers={"Lambda-Runtime-Trace-Id": "Root=1-crash"})
    assert answer.prelude["statusCode"] == 500
    assert answer.body == b"Internal Server Error"
    assert answer.trailers == {}
    await fastapi.process.logged("crashed in the endpoint")
    await fastapi.process.logged(f'"requestId": "{answer.request_id}"')


async def test_a_failing_stream_ends_with_trailers(fastapi: Served) -> None:
    answer = await fastapi.api.answer(rest_event("/events", multiValueQueryStringParameters={"fail_after": ["1"]}))
    assert answer.body.count(b"data: ") == 1
    assert answer.trailers["lambda-runtime-function-error-type"] == "ValueError"


async def test_its_cookies_redirects_and_empty_answers(fastapi: Served) -> None:
    cookies = await fastapi.api.answer(rest_event("/cookies"))
    assert [cookie.split(";")[0] for cookie in cookies.prelude["cookies"]] == ["session=abc", "theme=dark"]
    redirect = await fastapi.api.answer(rest_event("/old"))
    assert (redirect.prelude["statusCode"], redirect.prelude["headers"]["location"]) == (302, "/new")
    nothing = await fastapi.api.answer(rest_event("/thing", "DELETE"))
    assert (nothing.prelude["statusCode"], nothing.body) == (204, b"")


async def test_its_background_tasks_run_before_the_next_request(fastapi: Served) -> None:
    await fastapi.api.answer(rest_event("/background"))
    assert (await fastapi.api.answer(rest_event("/done"))).json == ["background"]


async def test_the_log_names_the_invocation(fastapi: Served) -> None:
    answer = await fastapi.api.answer(rest_event("/log"), headers={"Lambda-Runtime-Trace-Id": "Root=1-trace"})
    await fastapi.process.logged("a line of the application")
    [line] = [line for line in fastapi.process.log.splitlines() if "a line of the application" in line]
    assert f'"requestId": "{answer.request_id}"' in line
    assert '"xray_trace_id": "Root=1-trace"' in line
    assert '"deadline_ms": 1' in line
