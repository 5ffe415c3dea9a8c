"""Ends a blocking call that waits on a connection, from another thread."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socket import SHUT_RDWR, socket
from typing import Any


class Interrupted(Exception):
    """The call was ended by `Interrupter.interrupt`."""


class Interrupter:
    """For one call, made by one thread inside `watching`."""

    def __init__(self) -> None:
        self._interrupted = False
        self._connection: InterruptibleConnection | None = None

    def interrupt(self) -> None:
        """Wakes the thread with Interrupted, now or when it next uses its connection. Does nothing after the call."""
        with _lock:
            self._interrupted = True
            connection = self._connection
            if connection is None or connection.interrupter is not self:
                return
            sock = connection.connecting or connection.sock
            if sock is not None:
                with suppress(OSError):
                    # Not SSLSocket's own method, which takes the TLS state away from the thread that is reading.
                    socket.shutdown(sock, SHUT_RDWR)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """What the current thread does inside can be interrupted, and then raises Interrupted."""
        _watching.interrupter = self
        try:
            yield
        except Exception:
            if self._interrupted:
                raise Interrupted from None
            raise
        finally:
            del _watching.interrupter
            with _lock:
                # It may go back to its pool and be another call's from here on.
                self._connection = None

    def holds(self, connection: "InterruptibleConnection") -> None:
        """The call goes over this connection now. Raises Interrupted."""
        with _lock:
            if self._interrupted:
                raise Interrupted
            self._connection = connection
            connection.interrupter = self


class InterruptibleConnection:
    """To be mixed into a class of connections like urllib3's HTTPConnection, before it in the order of bases."""

    interrupter: Interrupter | None = None
    """Whose call was the last one over this connection."""
    sock: socket | None
    connecting: socket | None = None
    """A second descriptor of the socket until `connect` is over: TLS takes the first one away from `sock` before it has
    greeted the server, which may never answer."""

    def connect(self) -> None:
        self._held()
        try:
            super().connect()  # type: ignore[misc]
        finally:
            with _lock:
                second, self.connecting = self.connecting, None
                if second is not None:
                    second.close()
        # Whoever interrupted meanwhile may have seen no socket yet.
        self._held()

    def _new_conn(self) -> socket:
        sock: socket = super()._new_conn()  # type: ignore[misc]
        self.connecting = sock.dup()
        try:
            self._held()
        except Interrupted:
            sock.close()
            raise
        return sock

    def request(self, *args: Any, **kwargs: Any) -> Any:
        self._held()
        return super().request(*args, **kwargs)  # type: ignore[misc]

    def _held(self) -> None:
        interrupter: Interrupter | None = getattr(_watching, "interrupter", None)
        if interrupter is not None:
            interrupter.holds(self)


_watching = threading.local()
_lock = threading.Lock()
"""One for all: it is held for the time of a few assignments."""
