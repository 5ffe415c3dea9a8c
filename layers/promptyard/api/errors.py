"""Errors -> HTTP, in one place: `{"detail": …, "error": {"code", "message", "request_id", …}}`."""

import itertools
import json
import logging
from collections.abc import Mapping
from typing import Any, Literal

from fastapi import FastAPI, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Match, Route

from promptyard.api.answers.fields import LeftOut, WrittenTimestamp, json_response
from promptyard.api.lambda_scope import request_id
from promptyard.api.locations import location, place_of, plain_mistakes
from promptyard.api.rate_limits import limit_headers
from promptyard.domain.deferred import DeferredModel
from promptyard.domain.diagnostics import cause_fields
from promptyard.domain.errors import (
    BadLines,
    BadRequest,
    DeadlineExceeded,
    GatesFailed,
    InvalidRequest,
    LimitReached,
    MissingKey,
    PromptyardError,
    ProviderError,
)
from promptyard.domain.runs.failures import RunFailure

logger = logging.getLogger("promptyard.errors")

STATUS_OF_CODE: Mapping[str, int] = {
    "validation": 422,
    "unknown_model": 422,
    "missing_key": 422,
    "endpoint_refused": 400,
    "unauthenticated": 401,
    "forbidden": 403,
    "not_found": 404,
    "cancelled": 409,
    "conflict": 409,
    "too_large": 413,
    "rate_limited": 429,
    "quota_exceeded": 429,
    "internal": 500,
    "guards_unavailable": 503,
    "store_unavailable": 503,
    "deadline": 504,
}


OUR_FAULT = "Something went wrong on our side"


class FieldMistake(DeferredModel):
    loc: list[str | int]
    """Where the mistake is: `body`, `query`, `path` or `header`, then the names and places that lead to it."""
    msg: str
    """What is wrong, in a sentence."""
    type: str
    """The kind of mistake, such as `missing` or `not_found`."""


class ErrorBody(DeferredModel):
    """Also a run's own error."""

    code: str
    """The error's code: see the table of errors."""
    message: str
    """What is wrong, in a sentence."""
    retryable: bool
    """Whether the same request may work later."""
    provider_status: LeftOut[int] = None
    """The provider's own HTTP status, from 400 to 599. Left out where it is no provider's error."""

    @classmethod
    def of(cls, failure: RunFailure) -> "ErrorBody":
        return ErrorBody(
            code=failure.code,
            message=failure.message,
            retryable=failure.retryable,
            provider_status=failure.provider_status,
        )


class LimitNumbers(DeferredModel):
    """The limit that was reached, and how far it is used; of a quota also what runs have reserved that are going on,
    what this one would, and when the quota is whole again."""

    scope: Literal["tenant", "key"]
    """Whose limit it is: the `tenant`'s, or the API `key`'s."""
    unit: Literal["tokens", "usd", "requests_per_minute", "open_runs", "waiting_requests"]
    """What is counted: `tokens` or `usd` of a month, `requests_per_minute`, `open_runs` at once, or `waiting_requests`,
    which wait for others of their tenant."""
    limit: int | float
    """The most that there may be, in the unit."""
    used: int | float
    """How much is used, in the unit."""
    reserved: LeftOut[int | float] = None
    """How much runs have reserved that are going on, in the unit. Left out where it is no quota."""
    requested: LeftOut[int | float] = None
    """How much this run would reserve, in the unit. Left out where it is no quota."""
    resets_at: LeftOut[WrittenTimestamp] = None
    """When the quota is whole again, in UTC. Left out where it is no quota."""


class RequestError(ErrorBody):
    """`limit` is there where one of the caller's own was reached; `failed_gates`, and the ids of the benchmark runs
    that say so, where a label is guarded and the version has not passed; `bad_lines` where a file was refused: how many
    of its lines are no rows. The first of them are in `detail`, each at `["body", line]`. `more_mistakes` is how many
    were found beside those in `detail`."""

    request_id: str
    """The request's id, under which the log has more of it."""
    bad_lines: LeftOut[int] = None
    """How many lines of the file are no rows. Left out where it is about no file."""
    failed_gates: LeftOut[list[str]] = None
    """The benchmark's gates that the version has not passed, in words. Left out where no label is guarded."""
    run_ids: LeftOut[list[str]] = None
    """The ids of the benchmark runs that say so. Left out where no label is guarded."""
    more_mistakes: LeftOut[int] = None
    """How many mistakes were found beside those in `detail`. Left out where all stand there."""
    limit: LeftOut[LimitNumbers] = None
    """The caller's limit that was reached. Left out where none was."""


class ErrorAnswer(DeferredModel):
    """`detail` is a list where fields of the request are at fault, and a sentence otherwise."""

    detail: str | list[FieldMistake]
    """What is wrong, in a sentence; of a 422 the mistakes, at most 100."""
    error: RequestError
    """The error for programs, with its code."""


MAX_MISTAKES = 100
"""What a 422 names. A body of 5 MB may hold a million."""
_LOOKED_AT = 4 * MAX_MISTAKES
"""Of a union there are several for one place."""

_ERRORS = "An error: 400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 502, 503, 504"
_SCHEMA = {"$ref": f"#/components/schemas/{ErrorAnswer.__name__}"}
APP_RESPONSES: dict[int | str, dict[str, Any]] = {"default": {"model": ErrorAnswer, "description": _ERRORS}}
ROUTER_RESPONSES: dict[int | str, dict[str, Any]] = {
    "default": {"content": {"application/json": {"schema": _SCHEMA}}, "description": _ERRORS}
}
"""What every route may answer, for the OpenAPI document. The groups' routes name the schema that the app's own bring:
for a model FastAPI would make a serializer a route, which is never used."""

_CODE_OF_STATUS = {
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
}
_DEFAULT_RETRY_AFTER = {"store_unavailable": 2.0, "rate_limited": 1.0}
_LLM_ERROR = "LLM API error: "
_NOT_JSON = "The body has to be JSON, sent with Content-Type: application/json"


def status_of(error: PromptyardError) -> int:
    """A provider's failure is a 502 whatever its own status was; that one stands in `error.provider_status`."""
    if isinstance(error, ProviderError):
        return 502
    if isinstance(error, BadRequest):
        return 400
    return STATUS_OF_CODE[error.code]


def error_response(request: Request, error: PromptyardError, headers: Mapping[str, str] | None = None) -> Response:
    status = status_of(error)
    answer = ErrorAnswer(detail=_detail(request, error, status), error=request_error(request, error))
    return json_response(answer, status=status, headers={**(headers or {}), **error_headers(error, status)})


def request_error(request: Request, error: PromptyardError) -> RequestError:
    return RequestError(
        **vars(ErrorBody.of(RunFailure.of(error))),
        request_id=request_id(request.scope),
        bad_lines=error.count if isinstance(error, BadLines) else None,
        limit=LimitNumbers(**error.numbers) if isinstance(error, LimitReached) else None,
        failed_gates=error.failed_gates if isinstance(error, GatesFailed) else None,
        run_ids=error.run_ids if isinstance(error, GatesFailed) else None,
    )


def _detail(request: Request, error: PromptyardError, status: int) -> str | list[FieldMistake]:
    if status == 502:
        return _LLM_ERROR + error.message
    if isinstance(error, BadLines):
        return [FieldMistake(loc=["body", line], msg=fault, type=error.kind) for line, fault in error.lines]
    if isinstance(error, InvalidRequest) and status == 422:
        loc = place_of(error.loc, _body(request))
        return [FieldMistake(loc=loc, msg=error.message, type=error.kind)]
    if isinstance(error, MissingKey):
        loc = location(("body", "provider_key"), _body(request), missing=True)
        return [FieldMistake(loc=loc, msg=error.message, type=error.code)]
    return error.message


def error_headers(error: PromptyardError, status: int) -> dict[str, str]:
    headers = retry_headers(error) if status in {409, 429, 502, 503} else {}
    if isinstance(error, ProviderError | DeadlineExceeded):
        headers["x-should-retry"] = "false"  # the run has been tried as often as is of use
    if status == 401:
        headers["www-authenticate"] = "Bearer"
    return headers


def retry_headers(error: PromptyardError) -> dict[str, str]:
    """What is left of a limit that was reached, and when another try is of use, where that is known."""
    headers = limit_headers(error.headroom) if isinstance(error, LimitReached) else {}
    retry_after = error.retry_after if error.retry_after is not None else _DEFAULT_RETRY_AFTER.get(error.code)
    return headers if retry_after is None else {**headers, "retry-after": str(max(1, round(retry_after)))}


def _body(request: Request) -> Any:
    """What was sent; None where that is no JSON."""
    try:
        return json.loads(getattr(request.state, "body", b"null"))
    except (ValueError, RecursionError):
        return None


def plain_error(identifier: str, code: str, detail: str | list[FieldMistake], message: str) -> ErrorAnswer:
    """An answer to what is no error of the domain. `identifier` is the request's."""
    return ErrorAnswer(
        detail=detail, error=RequestError(code=code, message=message, retryable=False, request_id=identifier)
    )


async def _promptyard_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, PromptyardError)
    shown = PromptyardError(OUR_FAULT) if error.code == PromptyardError.code else error
    response = error_response(request, shown, getattr(request.state, "answer_headers", None))
    log_failure(request, error)
    return response


def log_failure(request: Request, error: PromptyardError) -> None:
    """What is our own fault, or our store's."""
    if status_of(error) in {500, 503}:
        fields = {"request_id": request_id(request.scope), "code": error.code, **cause_fields(error)}
        if error.code == PromptyardError.code:  # a setting that cannot be used: the caller is not told which
            fields["reason"] = error.message
        logger.error("failed", extra=fields)


async def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    mistakes = validation_mistakes(request, error)
    message = f"{'.'.join(str(part) for part in mistakes[0].loc)}: {mistakes[0].msg}"
    answer = plain_error(request_id(request.scope), "validation", mistakes[:MAX_MISTAKES], message)
    more = max(0, len(mistakes) - MAX_MISTAKES) + max(0, len(error.errors()) - _LOOKED_AT)
    return json_response(
        answer.model_copy(update={"error": answer.error.model_copy(update={"more_mistakes": more or None})}), status=422
    )


def validation_mistakes(request: Request, error: RequestValidationError) -> list[FieldMistake]:
    """Of the first mistakes that were found. The input itself is left out: it may hold a key."""
    found = itertools.islice(error.errors(), _LOOKED_AT)
    plain = plain_mistakes([{**mistake, "msg": _sentence(mistake)} for mistake in found], _body(request))
    mistakes = [FieldMistake(**mistake) for mistake in plain]
    if mistakes[0].loc == ["body"] and mistakes[0].type != "missing" and not _says_json(request):
        return [FieldMistake(loc=["body"], msg=_NOT_JSON, type="json_type")]
    return mistakes


def _says_json(request: Request) -> bool:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type == "application/json" or media_type.endswith("+json")


def _sentence(mistake: Mapping[str, Any]) -> str:
    sentence = str(mistake["msg"]).removeprefix("Value error, ")
    if mistake["type"] == "json_invalid":
        return f"{sentence}: {mistake['ctx']['error']}"
    return sentence


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _CODE_OF_STATUS.get(error.status_code, "validation")
    answer = plain_error(request_id(request.scope), code, str(error.detail), str(error.detail))
    allowed = {"Allow": ", ".join(_methods(request))} if error.status_code == 405 else {}
    return json_response(answer, status=error.status_code, headers={**(error.headers or {}), **allowed})


def _methods(request: Request) -> list[str]:
    """Every method of the path, whichever of its routes has it. A route that the document leaves out beside others may
    be there to refuse its methods: these are not named."""
    routes = [route for route in request.app.routes if isinstance(route, Route)]
    fitting = [route for route in routes if route.matches(request.scope)[0] is not Match.NONE]
    fitting = [route for route in fitting if route.include_in_schema] or fitting
    methods = {method for route in fitting for method in route.methods or ()}
    return sorted(methods | ({"HEAD"} if "GET" in methods else set()))


def install_error_handlers(app: FastAPI) -> None:
    app.add_exception_handler(PromptyardError, _promptyard_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
