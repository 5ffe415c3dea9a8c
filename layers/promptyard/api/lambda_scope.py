"""What Lambda says of the invocation, where a request came through it: the streaming runtime puts it into
`scope["extensions"]["aws.lambda"]`, Mangum puts the context into `scope["aws.context"]`."""

import time
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from promptyard.domain.identifiers import random_id

RESERVE_SECONDS = 1.0
"""Kept back of the invocation's time for settling the run and sending the last event."""


UNSTREAMED_SECONDS = 290.0
"""API Gateway gives up an answer of which nothing has come for 300 seconds; the rest is for settling the run."""


@dataclass(frozen=True, slots=True)
class RunTime:
    """How long a run of a request may take, in seconds: one whose answer is streamed, and one that is answered as a
    whole."""

    streamed: float
    whole: float

    def of(self, *, stream: bool) -> float:
        return self.streamed if stream else self.whole


def run_time(scope: Mapping[str, Any], limit: float) -> RunTime:
    """At most `limit`, and less where Lambda or API Gateway would end the request earlier."""
    seconds = seconds_left(scope, limit)
    return RunTime(seconds, min(seconds, UNSTREAMED_SECONDS) if lambda_request_id(scope) else seconds)


def lambda_request_id(scope: Mapping[str, Any]) -> str | None:
    """The invocation's id, None outside of Lambda."""
    streamed = _streamed(scope).get("request_id")
    return streamed or getattr(scope.get("aws.context"), "aws_request_id", None)


def seconds_left(scope: Mapping[str, Any], limit: float) -> float:
    """How long a run of this request may take: `limit`, or less where the invocation ends earlier."""
    ends_ms = _streamed(scope).get("disconnect_ms")
    if ends_ms is not None:
        return min(limit, max(0.0, float(ends_ms) / 1000 - time.time() - RESERVE_SECONDS))
    context = scope.get("aws.context")
    if context is not None:
        return min(limit, max(0.0, float(context.get_remaining_time_in_millis()) / 1000 - RESERVE_SECONDS))
    return limit


def asked_path(scope: Mapping[str, Any]) -> str:
    """The path as the caller's URL has it: before the API's own there may stand a stage's name, or what a domain maps
    to it."""
    context = scope.get("aws.event", {}).get("requestContext", {})
    return str(context.get("path") or scope["path"])


def _streamed(scope: Mapping[str, Any]) -> Mapping[str, Any]:
    extension: Mapping[str, Any] = scope.get("extensions", {}).get("aws.lambda", {})
    return extension


_KEY = "promptyard.request_id"


def request_id(scope: MutableMapping[str, Any]) -> str:
    """The id, made at the first call: Lambda's own where there is one, so that an answer, a log line and a trace
    can be joined."""
    known = scope.get(_KEY)
    if known is None:
        known = scope[_KEY] = lambda_request_id(scope) or random_id()
    return str(known)
