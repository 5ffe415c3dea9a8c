"""The local server itself, on a free port of 127.0.0.1, in a thread of the test's process."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache

import httpx
import pytest
import uvicorn
from starlette.types import ASGIApp

from promptyard.bootstrap import running
from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.whole import whole
from promptyard.domain.runs.metrics.pii import scan
from promptyard.services.playgrounds import guard_self_test
from promptyard.settings import Settings
from promptyard_local.aws import LAPTOP_DEFAULTS, LocalAws
from promptyard_local.listening import LOOPBACK
from promptyard_local.server import local_app, server_config
from tests.support.aws.grants import GroupOfRequest, held_to_grants
from tests.support.servers.declared_answers import held_to_document
from tests.support.servers.fake_upstream import FakeUpstream

START_SECONDS = 20
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""It is plain HTTP: reading the certificates that are trusted would take longer than most tests."""
_SOUND = scan.PATTERNS


@dataclass(frozen=True, slots=True)
class RunningServer:
    url: str
    client: httpx.Client
    services: Parts
    aws: LocalAws
    loop: asyncio.AbstractEventLoop
    """The one that it runs on."""


@cache
def _check_sound_guards() -> None:
    guard_self_test.check_guards()


def _check_guards() -> None:
    """The self-test of the guards, of patterns that are as they were once in a process."""
    if scan.PATTERNS is _SOUND:
        _check_sound_guards()
    else:
        guard_self_test.check_guards()


running.check_guards = _check_guards


@contextmanager
def running_server(aws: LocalAws, environment: Mapping[str, str] | None = None) -> Iterator[RunningServer]:
    """A server over that data, with these variables set and none of the machine's."""
    variables = {**LAPTOP_DEFAULTS, **(environment or {})}
    services = whole(Settings.from_environment(variables), {**variables, **aws.names}, aws.clients)
    app = GroupOfRequest(local_app(services, aws))
    with (
        held_to_document() as watch,
        _listening(watch.around(app)) as (url, loop),
        _client(url) as client,
        held_to_grants(aws),
    ):
        yield RunningServer(url, client, services, aws, loop)


def _client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=30, trust_env=False, verify=_NO_TLS)


@contextmanager
def _listening(app: ASGIApp) -> Iterator[tuple[str, asyncio.AbstractEventLoop]]:
    """The app, served at that address, on that loop."""
    listener = socket.create_server((LOOPBACK, 0))
    server = _Server(server_config(app, shutdown_seconds=2))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        assert server.listening.wait(START_SECONDS), "the server did not start"
        yield f"http://{LOOPBACK}:{listener.getsockname()[1]}", server.loop
    finally:
        server.stop()
        thread.join(START_SECONDS)
        listener.close()
    assert not thread.is_alive(), "the server did not stop"


class _Server(uvicorn.Server):
    loop: asyncio.AbstractEventLoop

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        self.listening.set()

    async def main_loop(self) -> None:
        """uvicorn's own looks ten times a second whether it is to stop."""
        looking = asyncio.create_task(super().main_loop())
        stopped = asyncio.create_task(self._stopped.wait())
        await asyncio.wait({looking, stopped}, return_when=asyncio.FIRST_COMPLETED)
        looking.cancel()
        stopped.cancel()

    def stop(self) -> None:
        """By another thread."""
        self.should_exit = True
        with suppress(RuntimeError):  # the loop has ended
            self.loop.call_soon_threadsafe(self._stopped.set)


StartServer = Callable[[Mapping[str, str]], RunningServer]


@pytest.fixture
def start_server(local_aws: LocalAws) -> Iterator[StartServer]:
    """Starts servers with given variables; they stop with the test."""
    with ExitStack() as stack:
        yield lambda environment: stack.enter_context(running_server(local_aws, environment))


@pytest.fixture
def upstream() -> Iterator[FakeUpstream]:
    with FakeUpstream() as upstream:
        yield upstream


@pytest.fixture
def server(start_server: StartServer) -> RunningServer:
    """A server without any provider's key."""
    return start_server({})
