"""The handler of a function that does not stream, given what API Gateway gives it and measured as Lambda measures."""

import json
import os
from typing import Any
from unittest import mock

from awslambdaric.lambda_runtime_marshaller import LambdaMarshaller  # type: ignore[import-untyped]
from mangum import Mangum
from starlette.types import ASGIApp

from tests.support.aws.gateway_events import gateway_event

MOST_OF_A_REQUEST = 6_291_456
"""Bytes of an event that Lambda takes."""


def event_bytes(event: dict[str, Any]) -> int:
    return len(json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode())


class LambdaFunction:
    """`largest` is the size of the largest answer so far."""

    def __init__(self, app: ASGIApp) -> None:
        self._handler = Mangum(app, lifespan="off")
        with mock.patch.dict(os.environ, {"AWS_EXECUTION_ENV": "AWS_Lambda_python3.14"}):
            self._marshaller = LambdaMarshaller()
        self.largest = 0

    def __call__(self, method: str, url: str, body: Any = None) -> tuple[int, Any]:
        """The status, and what the body holds as JSON, None where it is empty. An event that Lambda would not take is
        what the application had to refuse."""
        data = None if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"Content-Type": ["application/json"]} if data is not None else {}
        event = gateway_event(method, url, headers=headers, body=data)
        answer = self._handler(event, None)  # type: ignore[arg-type]  # the context, which nothing here reads
        if event_bytes(event) > MOST_OF_A_REQUEST:
            assert answer["statusCode"] == 413, (method, url)
        content, _ = self._marshaller.marshal_response(answer)
        self.largest = max(self.largest, len(content.encode()))
        text = answer["body"]
        return answer["statusCode"], json.loads(text) if text[:1] in {"{", "["} else text or None

    def get(self, url: str, most: int) -> Any:
        """The answer, whose size Lambda takes."""
        self.largest = 0
        status, answer = self("GET", url)
        assert status == 200, (url, answer)
        assert self.largest <= most, (url, self.largest)
        return answer
