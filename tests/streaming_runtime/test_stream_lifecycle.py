"""The beginning and the end of an environment."""

import re

import pytest

from tests.streaming_runtime.events import rest_event
from tests.streaming_runtime.fake_runtime_api import FakeRuntimeApi
from tests.streaming_runtime.runtime_process import lambda_environment, runtime_process
from tests.support.servers.child_process import ChildProcess

ERROR_TYPE = "lambda-runtime-function-error-type"
SNAP_START = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}
FIRST_NUMBER_AFTER_SEED_1 = "0.13436424411240122"


def order(process: ChildProcess) -> list[str]:
    return re.findall(r"^order: (.*)$", process.log, re.MULTILINE)


async def test_the_environment_begins_and_ends_with_the_lifespan(api: FakeRuntimeApi) -> None:
    async with runtime_process(lambda_environment(api.address, "lifecycle.app")) as process:
        assert (await api.answer(rest_event("/"))).body.decode() == FIRST_NUMBER_AFTER_SEED_1
        await api.called("/invocation/next")
        process.terminate()
        assert await process.exit_code() == 0
    assert order(process) == ["lifespan startup", "lifespan shutdown"]


@pytest.mark.parametrize(
    "more",
    [
        {"_HANDLER": "lifecycle.handler"},
        {"_HANDLER": "nowhere.handler", "ASGI_STREAM_APP": "lifecycle:app"},
        {"_HANDLER": "lifecycle.without_lifespan"},
    ],
    ids=["inside Mangum", "by its setting", "without lifespan"],
)
async def test_the_application_is_found(api: FakeRuntimeApi, more: dict[str, str]) -> None:
    async with runtime_process(lambda_environment(api.address, more["_HANDLER"]) | more):
        assert (await api.answer(rest_event("/"))).kind == "response"


@pytest.mark.parametrize(
    ("handler", "more", "error_type", "message"),
    [
        ("nowhere.app", {}, "Runtime.ImportModuleError", "No module named 'nowhere'"),
        ("lifecycle.nothing", {}, "Runtime.HandlerNotFound", "There is no nothing in lifecycle."),
        ("lifecycle.not_an_application", {}, "Runtime.NotAnApplication", "ASGI_STREAM_APP"),
        ("lifecycle.buffered_handler", {}, "Runtime.NotAnApplication", "ASGI_STREAM_APP"),
        ("broken.app", {}, "ValueError", "broken when imported"),
        ("lifecycle.app", {"FAIL": "lifespan"}, "LifespanFailure", "no database"),
        ("lifecycle.app", {"ASGI_STREAM_GRACE_MS": "soon"}, "Runtime.InvalidSetting", "ASGI_STREAM_GRACE_MS"),
    ],
)
async def test_an_environment_that_cannot_begin_says_why(
    api: FakeRuntimeApi, handler: str, more: dict[str, str], error_type: str, message: str
) -> None:
    async with runtime_process(lambda_environment(api.address, handler, **more)) as process:
        assert await process.exit_code() == 1
    [(headers, error)] = api.init_errors
    assert headers[ERROR_TYPE] == error["errorType"] == error_type
    assert message in error["errorMessage"]
    assert message in process.log
    assert api.calls == ["/init/error"]


async def test_a_snapshot_is_taken_after_loading_and_everything_that_connects_comes_after_it(
    api: FakeRuntimeApi,
) -> None:
    async with runtime_process(lambda_environment(api.address, "lifecycle.app", **SNAP_START)) as process:
        await api.called("/restore/next")
        await process.logged("order: before snapshot")
        assert order(process) == ["before snapshot"]
        api.restored.set()
        number = (await api.answer(rest_event("/"))).body.decode()
    assert order(process) == ["before snapshot", "after restore", "lifespan startup"]
    assert api.calls[:2] == ["/restore/next", "/invocation/next"]
    assert number != FIRST_NUMBER_AFTER_SEED_1  # each environment draws its own


async def test_a_hook_that_fails_before_the_snapshot(api: FakeRuntimeApi) -> None:
    environment = lambda_environment(api.address, "lifecycle.app", FAIL="before snapshot", **SNAP_START)
    async with runtime_process(environment) as process:
        assert await process.exit_code() == 64
    [(headers, error)] = api.init_errors
    assert headers[ERROR_TYPE] == "Runtime.BeforeSnapshotError"
    assert error["errorMessage"] == "the hook before the snapshot"


@pytest.mark.parametrize("failing", ["after restore", "lifespan"])
async def test_what_fails_after_the_restore(api: FakeRuntimeApi, failing: str) -> None:
    api.restored.set()
    environment = lambda_environment(api.address, "lifecycle.app", FAIL=failing, **SNAP_START)
    async with runtime_process(environment) as process:
        assert await process.exit_code() == 65
    [(headers, error)] = api.restore_errors
    assert headers[ERROR_TYPE] == "Runtime.AfterRestoreError"
    assert error["errorMessage"]
    assert api.init_errors == []


async def test_without_a_next_invocation_the_process_ends(api: FakeRuntimeApi) -> None:
    api.next_status = 500
    async with runtime_process(lambda_environment(api.address, "lifecycle.app")) as process:
        assert await process.exit_code() == 1
    assert "GET /invocation/next answered 500" in process.log


@pytest.mark.parametrize("mode", ["buffered", None])
async def test_buffered_is_lambdas_own_runtime(api: FakeRuntimeApi, mode: str | None) -> None:
    environment = lambda_environment(api.address, "lifecycle.buffered_handler")
    del environment["ASGI_STREAM_MODE"]
    if mode is not None:
        environment["ASGI_STREAM_MODE"] = mode
    async with runtime_process(environment):
        answer = await api.answer(rest_event("/here"))
    assert "lambda-runtime-function-response-mode" not in answer.headers
    assert f"buffered /here {answer.request_id}" in answer.raw.decode()


async def test_an_unknown_mode_is_refused(api: FakeRuntimeApi) -> None:
    environment = lambda_environment(api.address, "lifecycle.app", ASGI_STREAM_MODE="streaming")
    async with runtime_process(environment) as process:
        assert await process.exit_code() == 1
    assert "ASGI_STREAM_MODE must be 'buffered' or 'stream', not 'streaming'." in process.log
