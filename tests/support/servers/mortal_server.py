"""The local server in a process of its own that kills itself (SIGKILL) at a named moment of a run."""

import asyncio
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from pathlib import Path
from typing import Any

STEPS = ("reserve", "claim", "count", "ledger", "settle", "release", "forget", "end")
"""What is written of a run, in order; `end` is when its caller is told."""
TOKENS = ("first", "second", "third", "last")
MOMENTS = (
    *(f"{when} {step}" for step in STEPS for when in ("before", "after")),
    *(f"at the {name} token" for name in TOKENS),
)
UNCLAIMED = frozenset({"before reserve", "after reserve", "before claim"})
"""Of a run that ends then there is no record."""
START_SECONDS = 60

_processes = multiprocessing.get_context("forkserver")
_has_begun = threading.Event()
"""A run has: what the server's start settles of others is not what is to be died in."""
_processes.set_forkserver_preload(["promptyard_local.server", "promptyard.bootstrap.whole"])


@contextmanager
def mortal_server(data: Path, moment: str) -> Iterator[str]:
    """Its address, once it listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = _processes.Process(target=_serve, args=(str(data), port, moment), daemon=True)
    process.start()
    try:
        _wait_for(port, process.is_alive)
        yield f"http://127.0.0.1:{port}"
        process.join(START_SECONDS)
        assert process.exitcode == -signal.SIGKILL, f"{moment} did not come: {process.exitcode}"
    finally:
        process.kill()
        process.join()


def _wait_for(port: int, is_alive: Callable[[], bool]) -> None:
    give_up = time.monotonic() + START_SECONDS
    while True:
        assert is_alive(), "the server did not start"
        assert time.monotonic() < give_up, "the server does not listen"
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)


def _serve(data: str, port: int, moment: str) -> None:
    os.environ.clear()
    os.environ |= {"PORT": str(port), "PROMPTYARD_DATA_DIR": data, "PROMPTYARD_LOG_LEVEL": "ERROR"}
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    from promptyard_local.server import serve

    _arm(moment)
    serve()


def _arm(moment: str) -> None:
    from promptyard.services.runs import provider_attempts
    from promptyard.services.runs.execution import RunExecutor
    from promptyard.services.runs.run_handle import RunHandle
    from promptyard.storage.metering.ledger import DynamoLedger
    from promptyard.storage.metering.months import DynamoMonths
    from promptyard.storage.runs.run_claims import RunClaims
    from promptyard.storage.runs.runs import DynamoRunStore

    places: dict[str, tuple[Any, str]] = {
        "reserve": (DynamoMonths, "reserve"),
        "claim": (DynamoRunStore, "start"),
        "count": (RunClaims, "count_in"),
        "ledger": (DynamoLedger, "append"),
        "settle": (DynamoRunStore, "settle"),
        "release": (DynamoMonths, "release"),
        "forget": (RunClaims, "forget"),
        "end": (RunHandle, "settle"),
    }
    start = RunExecutor.start

    async def start_and_tell(*args: Any, **kwargs: Any) -> Any:
        _has_begun.set()
        return await start(*args, **kwargs)

    RunExecutor.start = start_and_tell  # type: ignore[method-assign]
    when, step = moment.split(" ", 1)
    if step in places:
        owner, name = places[step]
        setattr(owner, name, _mortal(getattr(owner, name), when))
        return
    take, came = provider_attempts._take, 0
    dies_at = dict(zip(TOKENS, (1, 2, 3, 10**6), strict=True))[step.split()[1]]

    def take_and_die(handle: Any, answer: Any, events: Any) -> None:
        nonlocal came
        take(handle, answer, events)
        came += 1
        if came == dies_at or (dies_at == 10**6 and answer.finish_reason is not None):
            _die()

    provider_attempts._take = take_and_die


def _mortal(method: Callable[..., Any], when: str) -> Callable[..., Any]:
    if asyncio.iscoroutinefunction(method):

        @wraps(method)
        async def carried_out(*args: Any, **kwargs: Any) -> Any:
            if when == "before":
                _die()
            result = await method(*args, **kwargs)
            _die()
            return result

        return carried_out

    @wraps(method)
    def called(*args: Any, **kwargs: Any) -> Any:
        if when == "before":
            _die()
        result = method(*args, **kwargs)
        _die()
        return result

    return called


def _die() -> None:
    if _has_begun.is_set():
        os.kill(os.getpid(), signal.SIGKILL)
