"""A streamed run whose caller leaves, through the runtime: on AWS nobody is told, so that it goes on until it is
cancelled; and what is left when Lambda itself takes no more of the answer."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from promptyard.api.run_response import CALLER_LEFT
from tests.streaming_runtime.events import rest_event
from tests.streaming_runtime.fake_runtime_api import PATIENCE_SECONDS, Answer, FakeRuntimeApi, fake_runtime_api
from tests.streaming_runtime.runtime_process import lambda_environment, runtime_process
from tests.support.servers.deployed_account import Account

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLAYGROUND = "/api/v1/playground"
WORDS = 40
WORD_MS = 50


class Function:
    """The group `run` in an environment of its own."""

    def __init__(self, api: FakeRuntimeApi, key: str) -> None:
        self._api = api
        self._headers = {"Authorization": [f"Bearer {key}"], "Content-Type": ["application/json"]}

    async def invoke(self, path: str, body: Any, **options: Any) -> Answer:
        event = rest_event(path, "POST", headers=self._headers, body=json.dumps(body).encode())
        return await self._api.invoke(event, **options)

    async def cancel(self, run_id: str) -> Any:
        answer = await self.invoke(f"{PLAYGROUND}/runs/{run_id}/cancel", {})
        async with asyncio.timeout(PATIENCE_SECONDS):
            await answer.done.wait()
        return answer.json


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def functions(account: Account) -> AsyncIterator[tuple[Function, Function]]:
    """Two environments: one is not asked for anything else while it carries a run."""
    credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    variables = {**credentials, **account.environment}
    async with fake_runtime_api() as one, fake_runtime_api() as other:
        handler = "functions.run.app.handler"
        async with (
            runtime_process(lambda_environment(one.address, handler, **variables)),
            runtime_process(lambda_environment(other.address, handler, **variables)),
        ):
            yield Function(one, account.key), Function(other, account.key)


def asked(**more: Any) -> dict[str, Any]:
    text = " ".join(f"word{number}" for number in range(WORDS))
    return {
        "model": "demo/echo",
        "prompt_text": text,
        "stream": True,
        "parameters": {"extra": {"delay_ms": WORD_MS}},
        **more,
    }


async def test_a_run_that_its_caller_left_goes_on_until_it_is_cancelled(functions: tuple[Function, Function]) -> None:
    """API Gateway closes the caller's connection and reads on from the function, as this does."""
    carrying, other = functions
    answer = await carrying.invoke(f"{PLAYGROUND}/run", asked(parameters={"extra": {"delay_ms": 1000}}))
    await answer.has_chunks(3)
    began = time.monotonic()
    record = await other.cancel(answer.prelude["headers"]["x-run-id"])
    async with asyncio.timeout(5):
        await answer.done.wait()
    assert (record["status"], answer.trailers) == ("cancelled", {})
    assert time.monotonic() - began < 2.5 + 2
    assert b"event: error" in answer.body
    assert json.loads(answer.body.rpartition(b"data: ")[2])["error"]["code"] == "cancelled"


@pytest.mark.parametrize(("more", "status"), [({}, "cancelled"), ({"on_disconnect": "continue"}, "succeeded")])
async def test_where_lambda_takes_no_more_the_run_has_ended_before_the_process_is_stopped(
    functions: tuple[Function, Function], more: dict[str, Any], status: str
) -> None:
    """The next request comes only then: until it does, Lambda stops the process, and the run with it."""
    carrying, _ = functions
    answer = await carrying.invoke(f"{PLAYGROUND}/run", asked(**more), hang_up_after_chunks=4)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await answer.done.wait()
    record = await carrying.cancel(answer.prelude["headers"]["x-run-id"])
    assert record["status"] == status
    assert record["settled_at"] is not None
    assert status == "succeeded" or record["error"]["message"] == CALLER_LEFT
    assert (record["output"].count("word") == WORDS) is (status == "succeeded")
