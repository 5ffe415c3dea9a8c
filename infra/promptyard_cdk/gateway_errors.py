"""API Gateway's own errors in the form of Promptyard's: what never reached a function."""

import json
from collections.abc import Sequence

from aws_cdk import aws_apigateway as apigateway

_TYPES = apigateway.ResponseType

# (response type, status, code, message)
ERRORS = (
    # API Gateway's word for a route that is not there.
    (_TYPES.MISSING_AUTHENTICATION_TOKEN, 404, "not_found", "Not found"),
    (_TYPES.UNAUTHORIZED, 401, "unauthenticated", "A credential is needed"),
    (_TYPES.INVALID_SIGNATURE, 401, "unauthenticated", "The request's signature is not right"),
    (_TYPES.EXPIRED_TOKEN, 401, "unauthenticated", "The credential has expired"),
    (_TYPES.ACCESS_DENIED, 403, "forbidden", "This credential does not allow it"),
    (_TYPES.REQUEST_TOO_LARGE, 413, "too_large", "The body is too large"),
    (_TYPES.THROTTLED, 429, "rate_limited", "Too many requests at once"),
    (_TYPES.QUOTA_EXCEEDED, 429, "quota_exceeded", "The quota is used up"),
    (_TYPES.INTEGRATION_TIMEOUT, 504, "deadline", "The answer took too long"),
    (_TYPES.INTEGRATION_FAILURE, 502, "internal", "Something went wrong on our side"),
    (_TYPES.DEFAULT_5_XX, None, "internal", "Something went wrong on our side"),
    (_TYPES.DEFAULT_4_XX, None, "validation", None),
)

UNSIGNED = (
    _TYPES.MISSING_AUTHENTICATION_TOKEN,
    401,
    "unauthenticated",
    "The request is not signed (AWS Signature Version 4, service execute-api), or there is no such route",
)
"""In the place of the first one, where callers sign their requests: the same word stands for both then."""

RETRY_AFTER_SECONDS = 1


def add_gateway_responses(api: apigateway.RestApi, cors_origins: Sequence[str], *, signed: bool) -> None:
    """`signed`: whether callers sign their requests."""
    for kind, status, code, message in (UNSIGNED, *ERRORS[1:]) if signed else ERRORS:
        api.add_gateway_response(
            kind.response_type,
            type=kind,
            status_code=None if status is None else str(status),
            response_headers=_headers(status, cors_origins, "AWS4-HMAC-SHA256" if signed else "Bearer"),
            templates={"application/json": _body(code, message)},
        )


def _headers(status: int | None, cors_origins: Sequence[str], scheme: str) -> dict[str, str]:
    headers = {"x-request-id": "context.requestId"}
    if status == 401:
        headers["WWW-Authenticate"] = f"'{scheme}'"
    if status == 429:
        headers["Retry-After"] = f"'{RETRY_AFTER_SECONDS}'"
    if len(cors_origins) == 1:
        # A header that follows the request's origin is not to be had here, so with several no page can read these.
        headers["Access-Control-Allow-Origin"] = f"'{cors_origins[0]}'"
    return headers


def _body(code: str, message: str | None) -> str:
    text = "$context.error.messageString" if message is None else json.dumps(message)
    return f'{{"detail": {text}, "error": {{"code": "{code}", "message": {text}, "request_id": "$context.requestId"}}}}'
