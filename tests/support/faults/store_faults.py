"""A store that is slow, throttles, fails or is away: what comes between boto3's clients and DynamoDB or S3, below
everything of ours and of botocore's that tries again."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import EndpointConnectionError
from moto.core.botocore_stubber import MockRawResponse

from promptyard.aws.clients import Clients, MakeClient
from promptyard_local.aws import LocalAws

_DYNAMODB = b'{"__type": "com.amazonaws.dynamodb.v20120810#%s", "message": "No"}'
_S3 = b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>No</Message></Error>'
_REFUSALS = {
    "dynamodb": ((400, _DYNAMODB % b"ThrottlingException"), (500, _DYNAMODB % b"InternalServerError")),
    "s3": ((503, _S3 % b"SlowDown"), (500, _S3 % b"InternalError")),
}
"""By service, what throttling and failing are answered:
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList."""


@dataclass
class StoreFaults:
    """Shares of all requests, and seconds. May be changed at any time."""

    throttled: float = 0.0
    """Are refused, and nothing is done of them."""
    failing: float = 0.0
    """Are answered with a 500; half of them are carried out all the same."""
    slow_seconds: float = 0.0
    is_down: bool = False
    chance: random.Random = field(default_factory=lambda: random.Random(20_261_129))
    met: int = 0
    """How many requests did not get their answer."""

    def between(self, aws: LocalAws) -> LocalAws:
        """The same data through clients of DynamoDB and of S3 that meet these faults."""
        makers = dict(aws.clients._makers)
        faulty = {service: partial(self._faulty, service, makers[service]) for service in _REFUSALS}
        return replace(aws, clients=Clients({**makers, **faulty}, at_once={"sqs"}))

    def _faulty(self, service: str, make: MakeClient, config: Callable[[], Any]) -> Any:
        client, own = make(config), threading.local()

        def answer(request: Any, event_name: str, **_: Any) -> AWSResponse | None:
            if getattr(own, "carries_out", False):
                return None
            return self._answer(service, request, partial(carry_out, request, event_name))

        def carry_out(request: Any, event_name: str) -> None:
            """By what comes after this: the local stand-in of the service, or HTTP."""
            own.carries_out = True
            try:
                answers = client.meta.events.emit(event_name, request=request)
                if all(given is None for _, given in answers):
                    client._endpoint.http_session.send(request)
            finally:
                own.carries_out = False

        client.meta.events.register_first(f"before-send.{service}", answer)
        return client

    def _answer(self, service: str, request: Any, carry_out: Callable[[], None]) -> AWSResponse | None:
        if self.is_down:
            self.met += 1
            raise EndpointConnectionError(endpoint_url=request.url)
        time.sleep(self.slow_seconds)
        dice = self.chance.random()
        throttled, failed = _REFUSALS[service]
        if dice < self.throttled:
            return self._refused(request, *throttled)
        if dice < self.throttled + self.failing:
            if self.chance.random() < 0.5:
                carry_out()
            return self._refused(request, *failed)
        return None

    def _refused(self, request: Any, status: int, body: bytes) -> AWSResponse:
        self.met += 1
        return AWSResponse(request.url, status, HTTPHeaders(), MockRawResponse(body))
