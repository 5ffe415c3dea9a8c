"""When what has come is looked at: at once as long as the loop keeps up, together where it does not."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.providers.network import gathering
from promptyard.providers.network.gathering import (
    BUSY_SECONDS,
    HOLDS_SECONDS,
    LONGEST_SECONDS,
    SHARE,
    Gathering,
)


class Loop:
    """A clock that moves when it is told to, and calls what is due."""

    def __init__(self) -> None:
        self.now = 100.0
        self.work = 0.0
        """Seconds that pass before what is called soon is."""
        self.later: list[tuple[float, Callable[[], None]]] = []
        self._soon: list[tuple[Callable[..., None], tuple[Any, ...]]] = []

    def call_soon(self, call: Callable[..., None], *arguments: Any) -> None:
        self._soon.append((call, arguments))

    def call_later(self, seconds: float, call: Callable[[], None]) -> None:
        self.later.append((self.now + seconds, call))

    def turn(self) -> None:
        """Do what was left to do, the work first."""
        if self._soon:
            self.now += self.work
        while self._soon:
            call, arguments = self._soon.pop(0)
            call(*arguments)

    def pass_time(self, seconds: float) -> None:
        until = self.now + seconds
        while self.later and min(self.later)[0] <= until:
            due = min(self.later, key=lambda each: each[0])
            self.later.remove(due)
            self.now = max(self.now, due[0])
            due[1]()
            self.turn()
        self.now = max(self.now, until)


class Stream:
    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self.woken: list[float] = []

    def wake(self) -> None:
        self.woken.append(self._loop.now)


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Loop:
    made = Loop()
    monkeypatch.setattr(gathering.time, "monotonic", lambda: made.now)
    return made


def busy(loop: Loop, work: float) -> Gathering:
    made: Any = Gathering(loop)  # type: ignore[arg-type]
    loop.work = work
    for _ in range(20):
        made.wake(Stream(loop))
        loop.turn()
        loop.pass_time(LONGEST_SECONDS)
    assert not loop.later
    return made  # type: ignore[no-any-return]


def test_nothing_waits_where_the_loop_keeps_up(loop: Loop) -> None:
    gathered = busy(loop, BUSY_SECONDS / 2)
    stream = Stream(loop)
    gathered.wake(stream)
    assert stream.woken == [loop.now]


def test_what_comes_while_the_loop_is_busy_is_woken_together(loop: Loop) -> None:
    work = 0.01
    gathered, began = busy(loop, work), loop.now
    streams = [Stream(loop) for _ in range(3)]
    for stream in streams:
        gathered.wake(stream)
        loop.pass_time(0.001)
    assert not any(stream.woken for stream in streams)
    loop.pass_time(LONGEST_SECONDS)
    assert [stream.woken for stream in streams] == [[pytest.approx(began + SHARE * work, rel=0.05)]] * 3


def test_what_else_there_is_to_do_comes_in_between(loop: Loop) -> None:
    gathered, done = busy(loop, 0.01), list[str]()

    class Handing:
        def __init__(self, name: str) -> None:
            self._name = name

        def wake(self) -> None:
            done.append(self._name)
            loop.call_soon(done.append, f"what {self._name} is for")

    for name in ("one", "two", "three"):
        gathered.wake(Handing(name))
    loop.pass_time(LONGEST_SECONDS)
    assert done == ["one", "what one is for", "two", "what two is for", "three", "what three is for"]


def test_it_keeps_up_again_when_there_is_less_to_do(loop: Loop) -> None:
    gathered = busy(loop, 0.2)
    loop.work = 0.0
    for _ in range(20):
        gathered.wake(Stream(loop))
        loop.pass_time(LONGEST_SECONDS)
    stream = Stream(loop)
    gathered.wake(stream)
    assert stream.woken == [loop.now]


def test_after_a_rest_nothing_waits(loop: Loop) -> None:
    gathered = busy(loop, 0.2)
    loop.pass_time(HOLDS_SECONDS)
    stream = Stream(loop)
    gathered.wake(stream)
    assert stream.woken == [loop.now]


@given(st.lists(st.tuples(st.floats(0, 0.5), st.floats(0, 0.3)), max_size=60))
def test_each_is_woken_once_and_none_waits_for_long(turns: list[tuple[float, float]]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        loop = Loop()
        monkeypatch.setattr(gathering.time, "monotonic", lambda: loop.now)
        gathered: Any = Gathering(loop)  # type: ignore[arg-type]
        asked: list[tuple[float, Stream]] = []
        for work, pause in turns:
            loop.work = work
            asked.append((loop.now, Stream(loop)))
            gathered.wake(asked[-1][1])
            loop.turn()
            loop.pass_time(pause)
        loop.pass_time(LONGEST_SECONDS)
        for moment, stream in asked:
            [woken] = stream.woken
            # Beyond the window it may wait for the work of those before it alone.
            assert woken - moment <= LONGEST_SECONDS + max(work for work, _ in turns) + 1e-9
