"""A store that is slow, throttles, fails or is away: what comes between boto3's client and DynamoDB, below everything
of ours and of botocore's that tries again."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import EndpointConnectionError
from moto.core.botocore_stubber import MockRawResponse

from promptyard.aws.clients import Clients
from promptyard_local.aws import LocalAws


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
        """The same data through clients of DynamoDB that meet these faults."""
        makers = dict(aws.clients._makers)
        make = makers["dynamodb"]

        def make_faulty(config: Callable[[], Any]) -> Any:
            client = make(config)

            def answer(request: Any, **_: Any) -> AWSResponse | None:
                return self._answer(request, client._endpoint.http_session.send)

            client.meta.events.register_first("before-send.dynamodb", answer)
            return client

        return replace(aws, clients=Clients({**makers, "dynamodb": make_faulty}, at_once={"sqs"}))

    def _answer(self, request: Any, send: Callable[[Any], object]) -> AWSResponse | None:
        if self.is_down:
            self.met += 1
            raise EndpointConnectionError(endpoint_url=request.url)
        time.sleep(self.slow_seconds)
        dice = self.chance.random()
        if dice < self.throttled:
            return self._refused(request, 400, b"ThrottlingException")
        if dice < self.throttled + self.failing:
            if self.chance.random() < 0.5:
                send(request)
            return self._refused(request, 500, b"InternalServerError")
        return None

    def _refused(self, request: Any, status: int, code: bytes) -> AWSResponse:
        self.met += 1
        body = b'{"__type": "com.amazonaws.dynamodb.v20120810#%s", "message": "No"}' % code
        return AWSResponse(request.url, status, HTTPHeaders(), MockRawResponse(body))
