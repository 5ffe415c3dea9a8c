"""What goes wrong: before the first byte it is an error, after it trailers, after the end a line in the log."""

import base64
import json
from typing import Any

import pytest

from tests.streaming_runtime.conftest import Served
from tests.streaming_runtime.events import rest_event
from tests.streaming_runtime.fake_runtime_api import Answer

pytestmark = pytest.mark.asyncio(loop_scope="module")
TYPE = "lambda-runtime-function-error-type"
BODY = "lambda-runtime-function-error-body"


def trailing_error(answer: Answer) -> Any:
    return json.loads(base64.b64decode(answer.trailers[BODY]))


@pytest.mark.parametrize(
    ("path", "message"), [("/fail-early", "before anything"), ("/fail-before-body", "before the body")]
)
async def test_before_the_first_byte_it_is_an_invocation_error(served: Served, path: str, message: str) -> None:
    answer = await served.api.answer(rest_event(path))
    assert answer.kind == "error"
    assert answer.headers[TYPE] == "ValueError"
    error = answer.error
    assert error["errorType"] == "ValueError"
    assert error["errorMessage"] == message
    assert error["requestId"] == answer.request_id
    assert len(error["stackTrace"]) == 2
    assert all("behaviours.py" in frame for frame in error["stackTrace"])
    cause = json.loads(answer.headers["lambda-runtime-function-xray-error-cause"])
    assert cause["exceptions"][0]["type"] == "ValueError"
    await served.process.logged(f"[ERROR] ValueError: {message}")


async def test_after_the_first_byte_it_is_in_the_trailers(served: Served) -> None:
    answer = await served.api.answer(rest_event("/fail-late"))
    assert answer.kind == "response"
    assert answer.prelude["statusCode"] == 200
    assert answer.body == b"partial"
    assert answer.trailers[TYPE] == "ValueError"
    error = trailing_error(answer)
    assert error["errorType"] == "ValueError"
    assert error["requestId"] == answer.request_id
    assert answer.closed_ns


@pytest.mark.parametrize("path", ["/fail-late", "/fail-large"])
async def test_the_text_of_an_exception_is_in_the_log_and_not_in_the_trailers(served: Served, path: str) -> None:
    answer = await served.api.answer(rest_event(path))
    told = json.dumps(trailing_error(answer), ensure_ascii=False)
    assert "ü" not in told
    assert "behaviours" not in told
    await served.process.logged("mitten in der Antwort: ü" if path == "/fail-late" else "LargeError: üüü")


@pytest.mark.parametrize("path", ["/split-header", "/odd-header-name", "/odd-status"])
async def test_a_head_that_http_does_not_have_never_leaves(served: Served, path: str) -> None:
    answer = await served.api.answer(rest_event(path))
    assert answer.kind == "error"
    assert answer.error["errorType"] == "ValueError"
    assert "planted" not in json.dumps(answer.error)


async def test_an_error_that_cannot_be_shown_is_named(served: Served) -> None:
    answer = await served.api.answer(rest_event("/fail-mute"))
    assert answer.error["errorType"] == "MuteError"
    assert answer.error["errorMessage"] == "<the message cannot be shown>"
    assert (await served.api.answer(rest_event("/plain"))).body == b"plain"


async def test_after_the_end_it_is_in_the_log_alone(served: Served) -> None:
    answer = await served.api.answer(rest_event("/fail-after"))
    assert answer.kind == "response"
    assert answer.body == b"Internal Server Error"
    assert answer.trailers == {}
    await served.process.logged("raised again after the answer, as Starlette does")
    assert (await served.api.answer(rest_event("/plain"))).body == b"plain"


async def test_an_application_that_says_nothing_has_failed(served: Served) -> None:
    answer = await served.api.answer(rest_event("/nothing"))
    assert answer.error["errorType"] == "Runtime.IncompleteResponse"


async def test_an_application_that_stops_halfway_has_failed(served: Served) -> None:
    answer = await served.api.answer(rest_event("/half"))
    assert answer.body == b"half"
    assert answer.trailers[TYPE] == "Runtime.IncompleteResponse"


async def test_headers_too_large_for_api_gateway_are_an_error_that_says_so(served: Served) -> None:
    answer = await served.api.answer(rest_event("/large-headers"))
    assert answer.error["errorType"] == "ValueError"
    assert "16384" in answer.error["errorMessage"]


async def test_failures_leave_the_next_invocations_alone(served: Served) -> None:
    for path in ("/fail-early", "/fail-late", "/nothing", "/half"):
        await served.api.answer(rest_event(path))
        assert (await served.api.answer(rest_event("/plain"))).body == b"plain"
