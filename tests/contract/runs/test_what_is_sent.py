"""Parameters that a model does not take, fields that a server does not know, and what HTTP says around them."""

import json
from typing import Any

import pytest

from tests.support.samples.chat_answers import chat_stream
from tests.support.servers.fake_upstream import Answer, FakeUpstream
from tests.support.servers.server import RunningServer, StartServer

RUN = "/api/v1/playground/run"


@pytest.fixture
def server(start_server: StartServer) -> RunningServer:
    return start_server({"PROMPTYARD_ALLOW_PRIVATE_ENDPOINTS": "private"})


def refusing(field: str) -> Answer:
    body = b'{"error": {"message": "%s is not supported", "param": "%s"}}' % (field.encode(), field.encode())
    return Answer([body], 400, {"content-type": "application/json"})


def asked(upstream: FakeUpstream, **more: Any) -> dict[str, Any]:
    target = {"provider": "custom", "model": "m", "custom_base_url": f"{upstream.url}/v1", "prompt_text": "Hi"}
    return {**target, **more}


def test_a_parameter_that_the_provider_refuses_is_left_out_and_named(
    server: RunningServer, upstream: FakeUpstream
) -> None:
    upstream.answer(lambda request: refusing("top_k") if "top_k" in request.json else chat_stream("Hello"))
    request = asked(upstream, parameters={"top_k": 5, "seed": 1})
    assert server.client.post(RUN, json=request).status_code == 422

    answer = server.client.post(RUN, json={**request, "on_unsupported": "drop"}).json()
    assert (answer["output"], answer["dropped"]) == ("Hello", ["top_k"])
    assert upstream.requests[-1].json["seed"] == 1
    assert server.client.get(f"/api/v1/playground/runs/{answer['id']}").json()["dropped"] == ["top_k"]


def test_a_parameter_that_is_known_to_be_refused_is_left_out(server: RunningServer) -> None:
    request = {"model": "demo/echo", "prompt_text": "Hi", "parameters": {"reasoning_effort": "low"}}
    assert server.client.post(RUN, json=request).status_code == 422
    answer = server.client.post(RUN, json={**request, "on_unsupported": "drop"}).json()
    assert answer["dropped"] == ["reasoning_effort"]


def test_a_null_of_extra_takes_a_field_of_ours_away(server: RunningServer, upstream: FakeUpstream) -> None:
    upstream.answer(chat_stream("Hello"))
    extra = {"stream_options": None, "min_p": 0.1}
    assert server.client.post(RUN, json=asked(upstream, parameters={"extra": extra})).status_code == 200
    assert "stream_options" not in upstream.requests[-1].json
    assert upstream.requests[-1].json["min_p"] == 0.1


def test_a_failure_of_the_providers_says_that_no_retry_is_of_use(server: RunningServer, upstream: FakeUpstream) -> None:
    upstream.answer(Answer([b'{"error": {"message": "No."}}'], 401, {"content-type": "application/json"}))
    answer = server.client.post(RUN, json=asked(upstream))
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "provider_auth")
    assert answer.headers["x-should-retry"] == "false"


def test_what_http_says(server: RunningServer) -> None:
    got, head = (server.client.request(method, "/api/v1/models?limit=1") for method in ("GET", "HEAD"))
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(got.content)))
    refused = server.client.put("/api/v1/prompts")
    assert (refused.status_code, refused.json()["error"]["code"]) == (405, "method_not_allowed")
    assert refused.headers["allow"] == "GET, HEAD, POST"
    export = server.client.get("/api/v1/playground/history/export?format=csv&bom=true")
    assert export.content.startswith(b"\xef\xbb\xbfid,")


def test_nothing_that_says_no_content_says_its_kind(server: RunningServer) -> None:
    run_id = server.client.post(RUN, json={"model": "demo/echo", "prompt_text": "Hi"}).json()["id"]
    deleted = server.client.delete(f"/api/v1/playground/runs/{run_id}")
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert "content-type" not in deleted.headers


@pytest.mark.parametrize("character", ["\u2028", "\u2029", "\u0085"])
def test_a_stream_has_no_line_end_but_its_own(server: RunningServer, character: str) -> None:
    body = {"model": "demo/echo", "prompt_text": f"a{character}b", "stream": True}
    text = server.client.post(RUN, json=body).content.decode()
    assert character not in text
    pieces = [json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data: ")]
    assert "".join(piece.get("content", "") for piece in pieces) == f"a{character}b"


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "provider_auth"), (403, "provider_auth"), (500, "provider_error"), (529, "provider_overloaded")],
)
def test_whatever_the_provider_says_no_retry_is_of_use(
    server: RunningServer, upstream: FakeUpstream, status: int, code: str
) -> None:
    headers = {"content-type": "application/json", "retry-after-ms": "1"}
    upstream.answer(Answer([b'{"error": {"message": "No."}}'], status, headers))
    answer = server.client.post(RUN, json=asked(upstream))
    assert (answer.status_code, answer.headers["x-should-retry"]) == (502, "false")
    assert answer.json()["error"]["code"] == code
    refused = status in {401, 403}
    assert answer.json()["error"]["retryable"] is not refused
    assert len(upstream.requests) == (1 if refused else 3), "a refused key is tried once"
