"""One thread ends what another one waits for on its connection."""

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from promptyard.providers.network.interruption import Interrupted, Interrupter, InterruptibleConnection
from tests.support.servers.signals import PATIENCE_SECONDS

SOON = PATIENCE_SECONDS


class Pair:
    """Like http.client.HTTPConnection, to a far end that says nothing."""

    def __init__(self) -> None:
        self.sock: socket.socket | None = None
        self.far_end: socket.socket | None = None

    def connect(self) -> None:
        self.sock, self.far_end = socket.socketpair()

    def request(self, before_sending: Callable[[], None] | None = None) -> bytes:
        if self.sock is None:
            self.connect()
        assert self.sock is not None
        if before_sending is not None:
            before_sending()
        return self.sock.recv(1)

    def close(self) -> None:
        for end in (self.sock, self.far_end):
            if end is not None:
                end.close()


class Connection(InterruptibleConnection, Pair):
    pass


@pytest.fixture
def connection() -> Iterator[Connection]:
    made = Connection()
    yield made
    made.close()


def call(interrupter: Interrupter, connection: Any, *args: Any) -> bytes:
    with interrupter.watching():
        got: bytes = connection.request(*args)
        if not got:
            raise ConnectionError("the far end is gone")
        return got


def test_a_call_that_waits_is_woken(connection: Connection) -> None:
    interrupter, waits, outcome = Interrupter(), threading.Event(), []

    def run() -> None:
        try:
            call(interrupter, connection, waits.set)
        except Interrupted as error:
            outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    assert waits.wait(SOON)

    interrupter.interrupt()

    thread.join(SOON)
    assert len(outcome) == 1


def test_a_call_that_has_not_begun_does_not(connection: Connection) -> None:
    interrupter = Interrupter()
    interrupter.interrupt()

    with pytest.raises(Interrupted):
        call(interrupter, connection)

    assert connection.sock is None


def test_a_call_that_is_ended_while_it_connects_sends_nothing() -> None:
    interrupter, sent = Interrupter(), []

    class SlowPair(Pair):
        def connect(self) -> None:
            interrupter.interrupt()
            super().connect()

    class SlowConnection(InterruptibleConnection, SlowPair):
        pass

    slow = SlowConnection()
    with pytest.raises(Interrupted):
        call(interrupter, slow, lambda: sent.append("something"))
    slow.close()

    assert sent == []


def test_a_call_that_is_ended_before_it_greets_the_server_does_not_greet_it() -> None:
    interrupter, made, greetings = Interrupter(), [], []

    class GreetingPair(Pair):
        def _new_conn(self) -> socket.socket:
            interrupter.interrupt()
            near, self.far_end = socket.socketpair()
            made.append(near)
            return near

        def connect(self) -> None:
            self.sock = self._new_conn()
            greetings.append("hello")

    class GreetingConnection(InterruptibleConnection, GreetingPair):
        pass

    greeting = GreetingConnection()
    with pytest.raises(Interrupted):
        call(interrupter, greeting)
    greeting.close()

    assert greetings == []
    assert [one.fileno() for one in made] == [-1]
    assert greeting.connecting is None


def test_the_next_call_over_a_connection_is_not_ended_by_the_last_ones_interrupter(connection: Connection) -> None:
    first, second = Interrupter(), Interrupter()

    def answer() -> None:
        assert connection.far_end is not None
        connection.far_end.send(b"!")

    def answer_after_the_first_is_ended_again() -> None:
        first.interrupt()
        answer()

    assert call(first, connection, answer) == b"!"
    first.interrupt()
    assert call(second, connection, answer_after_the_first_is_ended_again) == b"!"


def test_other_errors_stay_what_they_are(connection: Connection) -> None:
    def fail() -> None:
        raise ValueError("something else")

    with pytest.raises(ValueError, match="something else"):
        call(Interrupter(), connection, fail)


def test_outside_of_a_call_a_connection_is_like_any_other(connection: Connection) -> None:
    def answer() -> None:
        assert connection.far_end is not None
        connection.far_end.send(b"!")

    assert connection.request(answer) == b"!"
    assert connection.interrupter is None
