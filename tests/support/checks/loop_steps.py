"""How long an event loop is kept busy by one step: what everybody else on it waits for."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Steps:
    """The longest step so far, in seconds of the loop's thread's own CPU: other processes do not count."""

    def __init__(self) -> None:
        self.longest = 0.0


@contextmanager
def measured_steps() -> Iterator[Steps]:
    """Of every loop of asyncio's own in this thread."""
    steps = Steps()
    run = asyncio.Handle._run

    def timed(handle: Any) -> Any:
        began = time.thread_time()
        try:
            return run(handle)
        finally:
            steps.longest = max(steps.longest, time.thread_time() - began)

    asyncio.Handle._run = timed  # type: ignore[method-assign]
    try:
        yield steps
    finally:
        asyncio.Handle._run = run  # type: ignore[method-assign]
