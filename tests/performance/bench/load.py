"""Callers: how many at once, for how long. Whatever a server does, a measurement ends."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

from tests.performance.bench.answers import Outcome
from tests.performance.bench.connection import Call, Connection, connect
from tests.performance.bench.subjects import Request


def one_after_another(address: str, request: Request, number: int, *, limit: float) -> list[Outcome]:
    """One caller on one connection; it rests a moment between two calls, so that what a server does after an answer
    does not count for the next one. The first call, on the new connection, is left out. A call that fails is the last
    one, and after `limit` seconds no further one is begun."""

    async def calls() -> list[Call]:
        made: list[Call] = []
        until = time.perf_counter() + limit
        async with _callers(address, 1) as [caller]:
            while len(made) <= number and time.perf_counter() < until:
                made.append(await caller.call(request.data, limit))
                if made[-1].failure is not None:
                    return made[-1:] if len(made) == 1 else made[1:]
                await asyncio.sleep(0.005)
        return made[1:]

    return _carried_out(calls, request)


def at_once(address: str, request: Request, number: int, callers: int, *, limit: float) -> tuple[list[Outcome], float]:
    """So many calls by so many callers, and the seconds that all took."""
    took = 0.0

    async def calls() -> list[Call]:
        nonlocal took
        left = iter(range(number))
        async with _callers(address, callers) as all_callers:
            began = time.perf_counter()

            async def work(caller: Caller) -> list[Call]:
                until = began + limit
                return [await caller.call(request.data, until - time.perf_counter()) for _ in left]

            made = await asyncio.gather(*map(work, all_callers))
            took = time.perf_counter() - began
        return [call for calls in made for call in calls]

    return _carried_out(calls, request), took


def for_seconds(address: str, request: Request, callers: int, seconds: float) -> tuple[list[Outcome], float]:
    """As many calls as fit, and the seconds from the first request to the last answer."""
    took = 0.0

    async def calls() -> list[Call]:
        nonlocal took
        async with _callers(address, callers) as all_callers:
            began = time.perf_counter()

            async def work(caller: Caller) -> list[Call]:
                made = []
                while time.perf_counter() < began + seconds:
                    made.append(await caller.call(request.data, seconds + 20))
                return made

            made = await asyncio.gather(*map(work, all_callers))
            took = time.perf_counter() - began
        return [call for calls in made for call in calls]

    return _carried_out(calls, request), took


def spread(address: str, request: Request, number: int, over: float, *, limit: float) -> list[Outcome]:
    """So many callers, who begin evenly over some seconds. Each is given up after `limit` seconds."""

    async def calls() -> list[Call]:
        async with _callers(address, number) as callers:
            began = asyncio.get_running_loop().time()

            async def work(index: int, caller: Caller) -> Call:
                await asyncio.sleep(began + over * index / number - asyncio.get_running_loop().time())
                return await caller.call(request.data, limit)

            return await asyncio.gather(*(work(index, caller) for index, caller in enumerate(callers)))

    return _carried_out(calls, request)


class Caller:
    """A client that connects again after a failure."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._connection: Connection | None = None

    async def connect(self, seconds: float) -> None:
        """Raises OSError, TimeoutError."""
        async with asyncio.timeout(seconds):
            self._connection = await connect(self._address)

    async def call(self, data: bytes, seconds: float) -> Call:
        if seconds <= 0:
            return Call(time.perf_counter(), failure="no time left")
        try:
            if self._connection is None:
                await self.connect(seconds)
            assert self._connection is not None
            call = await self._connection.call(data, seconds)
        except OSError as error:  # TimeoutError is one
            call = Call(time.perf_counter(), failure=f"cannot connect: {error!r}")
        if call.failure is not None:
            self.close()
        return call

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@asynccontextmanager
async def _callers(address: str, number: int) -> AsyncIterator[list[Caller]]:
    """They are connected before the clock runs."""
    callers = [Caller(address) for _ in range(number)]
    try:
        for caller in callers:
            with suppress(OSError):  # its first call says so
                await caller.connect(10)
        yield callers
    finally:
        for caller in callers:
            caller.close()


def _carried_out(calls: Callable[[], Coroutine[Any, Any, list[Call]]], request: Request) -> list[Outcome]:
    with _undisturbed():
        made = asyncio.run(calls())
    return [request.outcome(call) for call in made]


@contextmanager
def _undisturbed() -> Iterator[None]:
    """This process's own collections of garbage are no part of an answer's time."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
