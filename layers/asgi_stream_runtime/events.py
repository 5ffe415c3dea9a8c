"""An event of API Gateway (REST proxy, or the HTTP form that function URLs share) as an ASGI request."""

import base64
import binascii
import json
from typing import Any

from mangum.handlers import APIGateway, HTTPGateway
from mangum.types import LambdaConfig, Scope

from asgi_stream_runtime.errors import BadBody, UnsupportedEvent

# The other handlers of Mangum are for load balancers and CloudFront, which cannot stream.
_HANDLERS = (HTTPGateway, APIGateway)
_CONFIG = LambdaConfig(api_gateway_base_path="/", text_mime_types=[], exclude_headers=[])


def parse_event(data: bytes) -> Any:
    """Raises UnsupportedEvent when the event is not JSON."""
    try:
        return json.loads(data)
    except ValueError as error:
        raise UnsupportedEvent(f"The event is not JSON: {error}") from None


def http_request(event: Any, context: Any) -> tuple[Scope, bytes]:
    """The event's ASGI scope and body. Raises UnsupportedEvent when the event is no HTTP request, BadBody when its body
    is not the base64 that it says."""
    handler = next((h for h in _HANDLERS if isinstance(event, dict) and h.infer(event, context, _CONFIG)), None)
    if handler is None:
        known = sorted(map(str, event)) if isinstance(event, dict) else type(event).__name__
        message = "This function answers HTTP requests of an API Gateway REST API or a function URL and nothing else"
        raise UnsupportedEvent(f"{message}; this event has: {known}")
    _check_base64(event)
    try:
        request = handler(event, context, _CONFIG)
        scope, body = request.scope, request.body
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnsupportedEvent(f"The event is a malformed HTTP request: {error!r}") from error
    _join_cookies(scope, event)
    return scope, body


def _check_base64(event: dict[str, Any]) -> None:
    """Python's reader, which Mangum uses, passes over whatever is no base64."""
    if event.get("isBase64Encoded") and isinstance(event.get("body"), str):
        try:
            base64.b64decode(event["body"], validate=True)
        except (binascii.Error, ValueError):
            raise BadBody("The event's body is not base64") from None


def _join_cookies(scope: Scope, event: dict[str, Any]) -> None:
    """Mangum joins a header's values with commas, which several Cookie headers do not bear (RFC 9113, 8.2.3)."""
    headers = event.get("multiValueHeaders") or {}
    values = next((values for name, values in headers.items() if name.lower() == "cookie"), None)
    if values and len(values) > 1:
        joined = "; ".join(values).encode()
        scope["headers"] = [[name, joined if name == b"cookie" else value] for name, value in scope["headers"]]


def takes_multi_value_headers(event: dict[str, Any]) -> bool:
    """Whether the answer's headers may be lists: a REST API's may, a function URL's (format 2.0) may not."""
    return event.get("version") != "2.0"
