"""One id a request: Lambda's own where there is one, so that an answer, a log line and a trace can be joined."""

from collections.abc import MutableMapping
from typing import Any

from promptyard.api.lambda_scope import lambda_request_id
from promptyard.domain.identifiers import random_id

_KEY = "promptyard.request_id"


def request_id(scope: MutableMapping[str, Any]) -> str:
    """The request's id, made at the first call."""
    known = scope.get(_KEY)
    if known is None:
        known = scope[_KEY] = lambda_request_id(scope) or random_id()
    return str(known)
