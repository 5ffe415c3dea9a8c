"""Whatever line ends a caller sends, in a path, a query, a header or a body: no answer has a header of theirs."""

import json
import re
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.servers.server import RunningServer

NAME = "x-injected"
LINE_ENDS = [
    "\r\n",
    "\u560d\u560a",  # CR LF to who keeps the lower byte of a character
    *(pytest.param(one, marks=pytest.mark.hard) for one in ("\n", "\r", "\u2028", "\x00")),
]


def planted(line_end: str) -> str:
    return f"a{line_end}{NAME}: 1{line_end}{line_end}b"


def quoted(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode())


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    """Method, path and the names of what its query may hold."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            names = [one["name"] for one in operation.get("parameters", []) if one["in"] == "query"]
            yield method.upper(), path, names


def head_of(server: RunningServer, request: bytes) -> str:
    """The answer's first lines, as they were sent."""
    address = urlsplit(str(server.client.base_url))
    with socket.create_connection((address.hostname or "", address.port or 0), 10) as connection:
        connection.sendall(request)
        came = b""
        while b"\r\n\r\n" not in came and (piece := connection.recv(65_536)):
            came += piece
    return came.partition(b"\r\n\r\n")[0].decode("latin-1")


def assert_plain(head: str) -> None:
    status, *lines = head.split("\r\n")
    assert re.fullmatch(r"HTTP/1\.1 [1-5][0-9]{2} [ -~]*", status), head
    for line in lines:
        assert re.fullmatch(r"[!-9;-~]+: ?[ -~]*", line), head
        assert not line.lower().startswith(NAME), head


@pytest.mark.parametrize("line_end", LINE_ENDS, ids=ascii)
def test_no_route_puts_it_into_a_header(server: RunningServer, line_end: str) -> None:
    bad = quoted(planted(line_end))
    body = json.dumps({name: planted(line_end) for name in ("model", "prompt_text", "name", "id", "provider")}).encode()
    document = server.client.get("/openapi.json").json()
    for method, path, names in operations(document):
        query = "&".join(f"{name}={bad}" for name in names)
        lines = [
            f"{method} {re.sub(r'{[^}]*}', bad, path)}?{query} HTTP/1.1",
            f"host: {urlsplit(str(server.client.base_url)).netloc}",
            "connection: close",
            "content-type: application/json",
            f"content-length: {len(body)}",
        ]
        head = head_of(server, "\r\n".join([*lines, "", ""]).encode() + body)
        assert head, (method, path)
        assert_plain(head)


@pytest.mark.parametrize("name", ["idempotency-key", "last-event-id", "origin", "x-request-id", "accept", "user-agent"])
@pytest.mark.parametrize("line_end", ["\n", "\r", "\x00", "\x0b"], ids=ascii)
def test_no_header_of_the_callers_comes_back_as_two(server: RunningServer, name: str, line_end: str) -> None:
    body = json.dumps({"model": "demo/echo", "prompt_text": "Hi"}).encode()
    lines = [
        "POST /api/v1/playground/run HTTP/1.1",
        f"host: {urlsplit(str(server.client.base_url)).netloc}",
        "connection: close",
        "content-type: application/json",
        f"content-length: {len(body)}",
        f"{name}: {planted(line_end)}",
    ]
    head = head_of(server, "\r\n".join([*lines, "", ""]).encode() + body)
    if head:  # else the connection was closed
        assert_plain(head)
