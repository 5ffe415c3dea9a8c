"""Events as the application sees them."""

import time
from typing import Any

import pytest

from tests.streaming_runtime.conftest import Served
from tests.streaming_runtime.events import (
    ALB_EVENT,
    EVENTBRIDGE_EVENT,
    SQS_EVENT,
    function_url_event,
    rest_event,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")
TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"


async def test_a_rest_event_becomes_a_scope(served: Served) -> None:
    event = rest_event(
        "/scope",
        "POST",
        headers={"Accept": ["text/event-stream", "application/json"], "X-One": ["1"]},
        body=b'{"prompt": "hi"}',
        multiValueQueryStringParameters={"tag": ["a b", "c&d"], "limit": ["10"]},
    )
    scope = (await served.api.answer(event)).json
    assert scope["method"] == "POST"
    assert scope["path"] == "/scope"
    assert scope["query"] == "tag=a+b&tag=c%26d&limit=10"
    assert scope["client"] == ["203.0.113.9", 0]
    assert scope["scheme"] == "https"
    assert ["accept", "text/event-stream, application/json"] in scope["headers"]
    assert ["x-one", "1"] in scope["headers"]
    assert bytes(scope["body"]) == b'{"prompt": "hi"}'
    assert scope["more_body"] is False
    assert scope["asgi"] == {"version": "3.0", "spec_version": "2.4"}


async def test_several_cookie_headers_become_one(served: Served) -> None:
    scope = (await served.api.answer(rest_event("/scope", headers={"Cookie": ["a=1", "b=2"]}))).json
    assert [value for name, value in scope["headers"] if name == "cookie"] == ["a=1; b=2"]


async def test_a_base64_body_arrives_as_bytes(served: Served) -> None:
    data = b"\xff\x00\xfe"
    event = rest_event("/scope", "POST", body=data)
    assert event["isBase64Encoded"]
    assert bytes((await served.api.answer(event)).json["body"]) == data


@pytest.mark.parametrize("body", ["%%%", "AAA", "AA=A", "AAAA\n$", "AAéA"])
async def test_a_body_that_is_no_base64_is_a_400(served: Served, body: str) -> None:
    answer = await served.api.answer(rest_event("/scope", "POST") | {"body": body, "isBase64Encoded": True})
    assert answer.kind == "response"
    assert answer.prelude["statusCode"] == 400
    assert answer.body == b"The event's body is not base64"
    assert (await served.api.answer(rest_event("/plain"))).body == b"plain"


async def test_the_invocation_reaches_the_application(served: Served) -> None:
    before_ms = int(time.time() * 1000)
    answer = await served.api.answer(
        rest_event("/scope"),
        timeout_ms=20_000,
        headers={"Lambda-Runtime-Trace-Id": TRACE, "Lambda-Runtime-Aws-Tenant-Id": "blue"},
    )
    scope = answer.json
    lambda_ = scope["lambda"]
    assert lambda_["request_id"] == answer.request_id
    assert lambda_["trace_id"] == TRACE
    assert before_ms + 20_000 <= lambda_["deadline_ms"] <= time.time() * 1000 + 20_000
    assert lambda_["deadline_ms"] - lambda_["disconnect_ms"] == 2_000
    assert scope["event_path"] == "/scope"
    request_id, function_name, tenant_id, remaining_ms = scope["context"]
    assert (request_id, function_name, tenant_id) == (answer.request_id, "run", "blue")
    assert 0 < remaining_ms <= 20_000
    assert scope["mangum"] == answer.request_id
    assert scope["trace_variable"] == TRACE


async def test_a_trace_does_not_outlive_its_invocation(served: Served) -> None:
    await served.api.answer(rest_event("/scope"), headers={"Lambda-Runtime-Trace-Id": TRACE})
    scope = (await served.api.answer(rest_event("/scope"))).json
    assert scope["trace_variable"] is None
    assert scope["lambda"]["trace_id"] is None


async def test_one_lifespan_serves_every_request_its_state(served: Served) -> None:
    for _ in range(3):
        scope = (await served.api.answer(rest_event("/scope"))).json
        assert scope["lifespans"] == 1
        assert scope["state"] == {"greeting": "hello from the lifespan"}


async def test_an_event_in_pieces(served: Served) -> None:
    data = b"x" * 1_000_000
    answer = await served.api.answer(rest_event("/echo", "POST", body=data), chunked=True)
    assert answer.body == data


async def test_an_invocation_id_is_repeated(served: Served) -> None:
    named = {"Lambda-Runtime-Invocation-Id": "inv-7"}
    for path in ("/plain", "/fail-early"):
        answer = await served.api.answer(rest_event(path), headers=named)
        assert answer.headers["lambda-runtime-invocation-id"] == "inv-7"
    assert "lambda-runtime-invocation-id" not in (await served.api.answer(rest_event("/plain"))).headers


async def test_without_a_deadline_there_is_none(served: Served) -> None:
    answer = await served.api.answer(rest_event("/scope"), headers={"Lambda-Runtime-Deadline-Ms": ""})
    assert answer.json["lambda"]["deadline_ms"] is None
    assert answer.json["lambda"]["disconnect_ms"] is None


async def test_a_function_url_event_is_served_too(served: Served) -> None:
    answer = await served.api.answer(function_url_event("/plain"))
    assert answer.body == b"plain"


@pytest.mark.parametrize(
    "event",
    [
        SQS_EVENT,
        EVENTBRIDGE_EVENT,
        ALB_EVENT,
        {},
        [],
        None,
        "text",
        b"no json",
        b"",
        {"resource": 1, "requestContext": 2},
    ],
    ids=["sqs", "eventbridge", "alb", "empty", "list", "null", "text", "no json", "no bytes", "malformed"],
)
async def test_an_event_that_is_no_http_request_is_refused(served: Served, event: Any) -> None:
    answer = await served.api.answer(event)
    assert answer.error["errorType"] == "Runtime.UnsupportedEvent"
    assert answer.error["requestId"] == answer.request_id
    assert answer.headers["lambda-runtime-function-error-type"] == "Runtime.UnsupportedEvent"
    assert "secret-of-the-message" not in answer.error["errorMessage"]
    assert (await served.api.answer(rest_event("/plain"))).body == b"plain"


async def test_a_malformed_context_header_fails_that_invocation_alone(served: Served) -> None:
    answer = await served.api.answer(rest_event("/plain"), headers={"Lambda-Runtime-Client-Context": "{"})
    assert answer.error["errorType"] == "JSONDecodeError"
    assert (await served.api.answer(rest_event("/plain"))).body == b"plain"
