"""Requests, sent and sent again where that is safe."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from promptyard_cli.client.access import Access
from promptyard_cli.client.lean_httpx import httpx
from promptyard_cli.client.requests import (
    ATTEMPTS,
    STREAM,
    WHOLE_ANSWER,
    Asked,
    client_arguments,
    error_of,
    is_worth_another_attempt,
    not_reachable,
    pause_seconds,
)


class Http:
    """The connections to one server."""

    def __init__(self, access: Access, transport: httpx.BaseTransport | None = None) -> None:
        self.access = access
        self._client = httpx.Client(**client_arguments(access), transport=transport)

    def close(self) -> None:
        self._client.close()

    def ask(self, asked: Asked) -> Any:
        """The answer's JSON, None where it has none. Raises ApiError, NotReachable."""
        response = self.response(asked)
        try:
            return response.json() if response.content else None
        except ValueError as error:
            raise not_reachable(self.access, error) from None

    def response(self, asked: Asked) -> httpx.Response:
        """A whole answer. A request that was cut off is sent again: what it asked for is done once. Raises ApiError,
        NotReachable."""
        attempt = 1
        while True:
            try:
                response = self._client.request(**asked.arguments())
            except httpx.TransportError as error:
                if attempt == ATTEMPTS or not is_worth_another_attempt(error):
                    raise not_reachable(self.access, error) from None
                time.sleep(pause_seconds(attempt))
                attempt += 1
                continue
            if response.is_error:
                raise error_of(response.status_code, response.content, response.headers.get("retry-after"))
            return response

    def put_elsewhere(self, url: str, content: bytes) -> None:
        """A file to an address that the server has named, which is sent no key. Raises ApiError, NotReachable."""
        try:
            with httpx.Client(timeout=WHOLE_ANSWER) as client:
                response = client.put(url, content=content)
        except httpx.TransportError as error:
            raise not_reachable(self.access, error) from None
        if response.is_error:
            raise error_of(response.status_code, response.content, None)

    @contextmanager
    def stream(self, asked: Asked) -> Iterator[httpx.Response]:
        """An answer that comes in pieces. Raises ApiError, and httpx.TransportError also later on."""
        with self._client.stream(**asked.arguments(), timeout=STREAM) as response:
            if response.is_error:
                content = response.read()
                raise error_of(response.status_code, content, response.headers.get("retry-after"))
            yield response
