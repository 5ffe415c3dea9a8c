"""Our errors as clients of OpenAI's API know them."""

from typing import Any

import pytest

from functions.openai.faults import fault_of
from functions.openai.openai_errors import openai_error
from promptyard.domain import errors
from promptyard.domain.headroom import Headroom

LIMIT: Any = {"retry_after": 7.0, "numbers": {}, "headroom": Headroom()}


@pytest.mark.parametrize(
    ("error", "status", "kind", "code", "param"),
    [
        (errors.InvalidRequest("no", loc=("body", "messages", 0, "content")), 400, "invalid_request_error",
         "invalid_request", "messages[0].content"),
        (errors.InvalidRequest("no"), 400, "invalid_request_error", "invalid_request", None),
        (errors.UnknownModel("x"), 404, "invalid_request_error", "model_not_found", "model"),
        (errors.RefusedParameter("top_p", "m"), 400, "invalid_request_error", "unsupported_parameter", "top_p"),
        (errors.InvalidRequest("no", loc=("body", "parameters", "extra", "x")), 400, "invalid_request_error",
         "invalid_request", "x"),
        (errors.MissingKey("no key"), 400, "invalid_request_error", "missing_key", None),
        (errors.Unauthenticated("who"), 401, "invalid_request_error", "invalid_api_key", None),
        (errors.Forbidden("no"), 403, "invalid_request_error", "forbidden", None),
        (errors.NotFound("no"), 404, "invalid_request_error", "not_found", None),
        (errors.Conflict("no"), 409, "invalid_request_error", "conflict", None),
        (errors.TooLarge("no"), 413, "invalid_request_error", "too_large", None),
        (errors.RateLimited("slow", **LIMIT), 429, "rate_limit_error", "rate_limit_exceeded", None),
        (errors.QuotaExceeded("none left", **LIMIT), 429, "insufficient_quota", "insufficient_quota", None),
        (errors.Cancelled("stopped"), 409, "invalid_request_error", "cancelled", None),
        (errors.DeadlineExceeded("late"), 504, "server_error", "deadline", None),
        (errors.StoreUnavailable("no"), 503, "server_error", "store_unavailable", None),
        (errors.PromptyardError("no"), 500, "server_error", "server_error", None),
        (errors.ProviderAuth("bad key", status=403), 401, "invalid_request_error", "provider_auth", None),
        (errors.ProviderRateLimited("slow", status=429), 429, "rate_limit_error", "rate_limit_exceeded", None),
        (errors.ProviderOverloaded("busy", status=529), 503, "server_error", "provider_overloaded", None),
        (errors.ProviderError("pay", status=402), 429, "insufficient_quota", "insufficient_quota", None),
        (errors.ProviderError("bad", status=422, field="x"), 400, "invalid_request_error", "invalid_request", "x"),
        (errors.ProviderError("down", status=500), 502, "server_error", "provider_error", None),
        (errors.ProviderUnreachable("down"), 502, "server_error", "provider_error", None),
    ],
)  # fmt: skip
def test_status_and_form(error: Any, status: int, kind: str, code: str, param: str | None) -> None:
    fault = fault_of(error)
    shown = openai_error(fault).error
    assert (fault.status, shown.type, shown.code, shown.param) == (status, kind, code, param)
    tried = isinstance(error, errors.ProviderError | errors.DeadlineExceeded | errors.Cancelled | errors.QuotaExceeded)
    assert (fault.headers.get("x-should-retry") == "false") == tried
    assert (fault.headers.get("retry-after") == "7") == isinstance(error, errors.LimitReached)


@pytest.mark.parametrize(
    "message",
    [
        "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens",
        "prompt is too long: 213462 tokens > 200000 maximum",
        "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
        "Your input exceeds the context window of this model.",
        "Please reduce the length of the messages.",
    ],
)
def test_an_overlong_prompt_is_told_as_openai_tells_it(message: str) -> None:
    assert fault_of(errors.ProviderError(message, status=400)).code == "context_length_exceeded"
