"""Requests that are cut, late, or say two things about where they end."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from promptyard_local.connections import PatientConnection
from tests.support.servers.server import RunningServer

HEAD = b"POST /api/v1/playground/compile HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
GET = b"GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"
SECONDS = 0.6


@contextmanager
def connected(server: RunningServer) -> Iterator[socket.socket]:
    port = int(server.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        yield connection


def rest_of(connection: socket.socket) -> bytes:
    """What comes until the other side closes."""
    came = b""
    try:
        while piece := connection.recv(65536):
            came += piece
    except ConnectionResetError:
        pass
    return came


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PatientConnection, "request_seconds", SECONDS)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "half",
    [b"", b"POST", HEAD, HEAD + b"content-length: 100\r\n\r\n{", HEAD + b"transfer-encoding: chunked\r\n\r\n5\r\n{"],
    ids=["nothing", "method", "head", "body", "chunk"],
)
def test_half_a_request_does_not_stay_open(server: RunningServer, half: bytes) -> None:
    with connected(server) as connection:
        began = time.monotonic()
        connection.sendall(half)
        rest_of(connection)
        assert time.monotonic() - began < 10
    assert server.client.get("/health").status_code == 200


@pytest.mark.usefixtures("impatient")
def test_the_second_request_of_a_connection_has_no_more_time_than_the_first(server: RunningServer) -> None:
    with connected(server) as connection:
        connection.sendall(GET + HEAD)
        assert rest_of(connection).count(b"HTTP/1.1 200") == 1


@pytest.mark.usefixtures("impatient")
def test_a_byte_now_and_then_is_not_enough(server: RunningServer) -> None:
    with connected(server) as connection:
        connection.sendall(HEAD + b"content-length: 100000\r\n\r\n")
        connection.settimeout(SECONDS / 10)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                connection.sendall(b" ")
                if not connection.recv(1000):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        else:
            pytest.fail("the connection stays open as long as a byte comes now and then")


@pytest.mark.usefixtures("impatient")
def test_a_long_answer_is_not_cut(server: RunningServer) -> None:
    """Only requests are waited for: an answer takes as long as it takes."""
    body = {
        "model": "demo/echo",
        "prompt_text": "one two three four five six",
        "stream": True,
        "parameters": {"extra": {"delay_ms": round(SECONDS * 500)}},
    }
    answer = server.client.post("/api/v1/playground/run", json=body)
    assert "event: done" in answer.text
    assert answer.elapsed.total_seconds() > 2 * SECONDS


@pytest.mark.parametrize("encoding", [b"chunked", b"Chunked", b"identity", b"gzip, chunked", b" chunked"])
def test_a_request_with_two_lengths_is_the_last_of_its_connection(server: RunningServer, encoding: bytes) -> None:
    with connected(server) as connection:
        connection.sendall(HEAD + b"content-length: 5\r\ntransfer-encoding: " + encoding + b"\r\n\r\n0\r\n\r\n" + GET)
        came = rest_of(connection)
    assert came.count(b"HTTP/1.1 ") <= 1
    assert b"HTTP/1.1 200" not in came


@pytest.mark.parametrize(
    "doubled",
    [
        b"host: 127.0.0.1\r\nhost: evil.example",
        b"host: 127.0.0.1\r\nhost: 127.0.0.1",
        b"host: 127.0.0.1\r\norigin: http://127.0.0.1\r\norigin: https://evil.example",
        b"host: 127.0.0.1\r\nsec-fetch-site: same-origin\r\nsec-fetch-site: cross-site",
    ],
)
def test_a_header_that_stands_twice_is_not_taken_for_the_first_one(server: RunningServer, doubled: bytes) -> None:
    with connected(server) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\n" + doubled + b"\r\nconnection: close\r\n\r\n")
        assert rest_of(connection).startswith(b"HTTP/1.1 403")
