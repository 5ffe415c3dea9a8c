"""AWS on 127.0.0.1, for programs that are told its address: what moto answers in this process, over HTTP."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from moto import mock_aws
from moto.core.models import botocore_stubber

_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/([\w-]+)/([\w-]+)/aws4_request")
"""Region and service of a signed request."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    one_at_a_time = threading.Lock()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        scope = _SCOPE.search(self.headers.get("authorization", ""))
        region, service = scope.groups() if scope else ("us-east-1", "s3")
        headers = HTTPHeaders()
        for name, value in self.headers.items():
            headers[name] = value
        url = f"https://{service}.{region}.amazonaws.com{self.path}"
        request = AWSPreparedRequest(self.command, url, headers, body, stream_output=False)
        with self.one_at_a_time:
            answered: Any = botocore_stubber.process_request(request)
        status, told, content = answered
        self._send(status, dict(told), content.encode() if isinstance(content, str) else content)

    def _send(self, status: int, headers: dict[str, Any], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in {"content-length", "date", "server", "connection", "transfer-encoding"}:
                self.send_header(name, str(value))
        self.send_header("content-length", str(headers.get("content-length", len(content))))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _answer  # noqa: N815 - http.server's names

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def moto_server() -> Iterator[str]:
    """Its address. Nothing is in it at its start."""
    with mock_aws():
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


@pytest.fixture
def aws_url() -> Iterator[str]:
    with moto_server() as url:
        yield url
