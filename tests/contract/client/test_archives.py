"""Archives go where the server says: to itself, or to another host, which is sent no key."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from promptyard_cli.client import AsyncClient, Client

ARCHIVE = b"PK" * 100_000
DONE = {"done": True, "next": None, "imported": {}, "there_already": {}, "left_out": []}


@dataclass
class Deployment:
    """What was asked of it: method, path, whether with a key, the body."""

    url: str = ""
    asked: list[tuple[str, str, bool, bytes]] = field(default_factory=list)
    by_s3: bool = True

    def answer(self, path: str) -> Any:
        if path.endswith("/uploads"):
            url = f"{self.url}/bucket/key?signature=s" if self.by_s3 else None
            return {"id": "u" if self.by_s3 else None, "url": url}
        return DONE if "after=" in path else {**DONE, "done": False, "next": "write.runs.7"}


@pytest.fixture
def deployment() -> Iterator[Deployment]:
    deployment = Deployment()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            deployment.asked.append((self.command, self.path, "authorization" in self.headers, body))
            content = json.dumps(deployment.answer(self.path)).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_PUT(self) -> None:
            self.do_POST()

        def log_message(self, *_: Any) -> None:
            """Nothing to standard error."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    deployment.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield deployment
    server.shutdown()
    thread.join()
    server.server_close()


IMPORT = "/api/v1/tenant/import"
BY_S3 = [
    ("POST", f"{IMPORT}/uploads", True, b""),
    ("PUT", "/bucket/key?signature=s", False, ARCHIVE),
    ("POST", f"{IMPORT}?upload=u", True, b""),
    ("POST", f"{IMPORT}?upload=u&after=write.runs.7", True, b""),
]


def test_to_another_host_without_a_key(deployment: Deployment) -> None:
    with Client(deployment.url, "py_live_k") as client:
        answers = list(client.tenant.import_archive(ARCHIVE))
    assert [answer["done"] for answer in answers] == [False, True]
    assert deployment.asked == BY_S3


async def test_the_client_for_asyncio_does_the_same(deployment: Deployment) -> None:
    async with AsyncClient(deployment.url, "py_live_k") as client:
        assert [answer["done"] async for answer in client.tenant.import_archive(ARCHIVE)] == [False, True]
    assert deployment.asked == BY_S3


def test_to_the_server_itself_as_often_as_it_takes(deployment: Deployment) -> None:
    deployment.by_s3 = False
    with Client(deployment.url, "py_live_k") as client:
        list(client.tenant.import_archive(ARCHIVE))
    assert deployment.asked[1:] == [
        ("POST", IMPORT, True, ARCHIVE),
        ("POST", f"{IMPORT}?after=write.runs.7", True, ARCHIVE),
    ]
