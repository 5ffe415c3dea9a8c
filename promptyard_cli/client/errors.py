"""What the client raises. The message of each says what is wrong and what to do, in one line."""

from collections.abc import Mapping
from typing import Any


class ClientError(Exception):
    """Whatever the client raises."""


class NotReachable(ClientError):
    """No server answers at the address, or the connection broke as often as was tried."""


class BadAccess(ClientError):
    """The address, the key or the file of profiles cannot be used."""


class StreamLost(ClientError):
    """A stream broke off and cannot be read on. `id` is the run's or the comparison's, whose record has the answer."""

    def __init__(self, message: str, id: str) -> None:
        super().__init__(message)
        self.id = id


class RunFailed(ClientError):
    """A run that ended with an error after its stream had begun. `error` is the wire's."""

    def __init__(self, error: Mapping[str, Any], id: str) -> None:
        super().__init__(str(error.get("message")))
        self.error = error
        self.id = id


class ApiError(ClientError):
    """An answer that is an error. `status` is HTTP's, `code` the API's own, `body` the whole answer."""

    def __init__(self, status: int, body: Mapping[str, Any], retry_after: str | None = None) -> None:
        error = body.get("error")
        self.status = status
        self.body = body
        self.error: Mapping[str, Any] = error if isinstance(error, dict) else {}
        self.code = str(self.error.get("code", "unknown"))
        self.request_id = self.error.get("request_id")
        self.retry_after = retry_after
        super().__init__(_sentence(status, body, self.error))


def _sentence(status: int, body: Mapping[str, Any], error: Mapping[str, Any]) -> str:
    """`detail` is a sentence, or the list of an invalid request's mistakes."""
    detail = body.get("detail")
    if isinstance(detail, list):
        return "; ".join(_mistake(one) for one in detail[:5]) or f"HTTP {status}"
    return " ".join(str(detail or error.get("message") or f"HTTP {status}").split())


def _mistake(mistake: object) -> str:
    if not isinstance(mistake, dict):
        return str(mistake)
    place = ".".join(str(part) for part in mistake.get("loc", ()) if part not in {"body", "query", "path"})
    return f"{place}: {mistake.get('msg')}" if place else str(mistake.get("msg"))
