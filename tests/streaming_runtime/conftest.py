"""One runtime for the tests that only send it requests; the others start their own."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest_asyncio

from tests.streaming_runtime.fake_runtime_api import FakeRuntimeApi, fake_runtime_api
from tests.streaming_runtime.runtime_process import lambda_environment, runtime_process
from tests.support.servers.child_process import ChildProcess


@dataclass
class Served:
    api: FakeRuntimeApi
    process: ChildProcess


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served() -> AsyncIterator[Served]:
    """The application `behaviours`, served for all tests of a module."""
    async with fake_runtime_api() as api, runtime_process(lambda_environment(api.address, "behaviours.app")) as process:
        yield Served(api, process)


@pytest_asyncio.fixture
async def api() -> AsyncIterator[FakeRuntimeApi]:
    async with fake_runtime_api() as api:
        yield api
