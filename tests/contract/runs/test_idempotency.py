"""`Idempotency-Key` over real HTTP: what is sent again is carried out once, and answered as it was."""

import json
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import httpx
import pytest

from promptyard.domain.account.access import Role
from promptyard.domain.errors import StoreUnavailable
from promptyard.services.runs import idempotency
from tests.support.aws.events import Event, read_events
from tests.support.aws.local_aws import USAGE_TABLE
from tests.support.doubles.tenancy import Tenancy
from tests.support.samples.chat_answers import chat_stream, failure, gated_stream
from tests.support.servers.fake_upstream import FakeUpstream
from tests.support.servers.server import RunningServer, StartServer
from tests.support.servers.signals import Signal

RUN = "/api/v1/playground/run"
COMPARE = "/api/v1/playground/compare"
BODY = {"provider": "openai", "model": "gpt-x", "prompt_text": "Hi"}
DEMO = {"provider": "demo", "model": "echo"}


@pytest.fixture
def server(start_server: StartServer, upstream: FakeUpstream) -> RunningServer:
    """With OpenAI at the fake upstream."""
    return start_server({"OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": upstream.url})


def post(server: RunningServer, path: str, body: Any, key: str = "key-1", **headers: str) -> httpx.Response:
    return server.client.post(path, json=body, headers={"idempotency-key": key, **headers})


def events(server: RunningServer, path: str, body: Any) -> tuple[httpx.Response, list[Event]]:
    with server.client.stream("POST", path, json=body, headers={"idempotency-key": "key-1"}) as response:
        return response, list(read_events(response))


def is_replayed(response: httpx.Response) -> bool:
    return bool(response.headers.get("idempotent-replayed") == "true")


def test_a_run_sent_again_is_answered_by_its_record(server: RunningServer, upstream: FakeUpstream) -> None:
    upstream.answer(chat_stream("Hello there"), model="gpt-x")
    first, second = (post(server, RUN, BODY) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert second.json() == first.json()
    assert second.headers["x-run-id"] == first.headers["x-run-id"]
    assert (is_replayed(first), is_replayed(second)) == (False, True)
    assert len(upstream.requests) == 1


def test_a_stream_sent_again_is_its_final_result_as_one_stream(server: RunningServer, upstream: FakeUpstream) -> None:
    upstream.answer(chat_stream("Hello out there"), model="gpt-x")
    body = BODY | {"stream": True}
    _, first = events(server, RUN, body)
    response, second = events(server, RUN, body)
    assert is_replayed(response)
    assert [event.data for event in second] == [{"content": "Hello out there"}, first[-1].data]
    assert len(first) == 4
    assert post(server, RUN, body).content == post(server, RUN, body).content
    assert len(upstream.requests) == 1


def test_a_run_that_failed_fails_again_and_is_not_tried_again(server: RunningServer, upstream: FakeUpstream) -> None:
    upstream.answer(failure(401, "Bad key"), model="gpt-x")
    first, second = (post(server, RUN, BODY) for _ in range(2))
    assert (first.status_code, second.status_code) == (502, 502)
    assert is_replayed(second)
    assert second.headers["x-run-id"] == first.headers["x-run-id"]
    without_id = [{k: v for k, v in answer.json()["error"].items() if k != "request_id"} for answer in (first, second)]
    assert without_id[0] == without_id[1]
    assert without_id[0]["provider_status"] == 401
    assert len(upstream.requests) == 1


def test_another_request_with_the_key_is_a_conflict(server: RunningServer) -> None:
    assert post(server, RUN, DEMO | {"prompt_text": "One"}).status_code == 200
    refused = post(server, RUN, DEMO | {"prompt_text": "Two"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "conflict")
    assert refused.json()["error"]["retryable"] is False
    assert post(server, "/api/v1/playground/compile", DEMO | {"prompt_text": "One"}).status_code == 409
    assert post(server, RUN, DEMO | {"prompt_text": "Two"}, key="key-2").status_code == 200


def test_while_a_run_goes_on_its_repetitions_are_given_the_same_bytes(
    server: RunningServer, upstream: FakeUpstream
) -> None:
    gate = Signal()
    upstream.answer(gated_stream(["Hello ", "there"], [passed(), gate]), model="gpt-x")
    given: dict[str, Any] = {"json": BODY | {"stream": True}, "headers": {"idempotency-key": "key-1"}}
    with server.client.stream("POST", RUN, **given) as first, ExitStack() as streams:
        told = first.iter_raw()
        begun = next(told)
        assert b"Hello " in begun
        repetitions = [streams.enter_context(server.client.stream("POST", RUN, **given)) for _ in range(4)]
        again = [repetition.iter_raw() for repetition in repetitions]
        for repetition, pieces in zip(repetitions, again, strict=True):
            assert is_replayed(repetition)
            assert repetition.headers["x-run-id"] == first.headers["x-run-id"]
            assert next(pieces) == begun
        gate.set()
        whole = begun + b"".join(told)
        assert [begun + b"".join(pieces) for pieces in again] == [whole] * 4
    assert len(upstream.requests) == 1


def test_a_repetition_that_leaves_does_not_stop_the_first(server: RunningServer, upstream: FakeUpstream) -> None:
    gate = Signal()
    upstream.answer(gated_stream(["Hello ", "there"], [passed(), gate]), model="gpt-x")
    given: dict[str, Any] = {"json": BODY | {"stream": True}, "headers": {"idempotency-key": "key-1"}}
    with server.client.stream("POST", RUN, **given) as first:
        told = read_events(first)
        next(told)
        with server.client.stream("POST", RUN, **given) as second:
            next(second.iter_raw())
        gate.set()
        *_, done = told
    assert (done.name, done.data["finish_reason"]) == ("done", "stop")


def test_a_comparison_that_takes_long_is_a_conflict_to_be_tried_again(
    server: RunningServer, upstream: FakeUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "PATIENCE_SECONDS", 0.0)
    gate = Signal()
    upstream.answer(gated_stream(["Hello ", "there"], [passed(), gate]), model="gpt-x")
    body = {"targets": [DEMO, {"provider": "openai", "model": "gpt-x"}], "prompt_text": "Hi"}
    with server.client.stream("POST", COMPARE, json=body, headers={"idempotency-key": "key-1"}) as first:
        told = read_events(first)
        next(told)
        refused = post(server, COMPARE, body)
        gate.set()
        list(told)
    assert (refused.status_code, refused.headers["retry-after"]) == (409, "1")
    assert (refused.json()["error"]["code"], refused.json()["error"]["retryable"]) == ("conflict", True)
    assert first.headers["x-comparison-id"] in refused.json()["error"]["message"]
    chunks = [event.data["content"] for event in events(server, COMPARE, body)[1] if event.name.startswith("chunk")]
    assert sorted(chunks) == ["Hello there", "Hi"]


def passed() -> Signal:
    signal = Signal()
    signal.set()
    return signal


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (COMPARE, {"targets": [DEMO, {"model": "no-such"}], "prompt_text": "Hi all", "stream": False}),
        (
            "/api/v1/playground/run-multi",
            {
                "type": "text",
                "template_text": "Hi {{name}}",
                "variables": {"name": "you"},
                "models": [{"id": "a", "model": "demo/echo"}, {"id": "b", "model": "no-such"}],
            },
        ),
        ("/v1/playground/compare", {"prompt": "Hi", "provider": "demo", "intensity": "lite"}),
        ("/api/v1/prompts", {"namespace": "a", "slug": "b"}),
        ("/api/v1/playground/save-version", {"namespace": "a", "slug": "b", "content": "Hi"}),
        ("/api/v1/playground/save-version", {"namespace": "a", "slug": "b", "content": "ü" * 450_000}),
        ("/api/v2/genai/playgrounds/", {"name": "P", "description": "", "useCaseId": "u"}),
    ],
    ids=["compare", "run-multi", "compressed", "prompt", "version", "long version", "playground"],
)
def test_every_other_answer_is_kept_as_it_was(server: RunningServer, path: str, body: Any) -> None:
    first, second = (post(server, path, body) for _ in range(2))
    assert first.status_code < 300, first.text
    assert second.status_code == first.status_code
    assert second.json() == first.json()
    for name in ("content-type", "x-comparison-id"):
        assert second.headers.get(name) == first.headers.get(name)
    assert is_replayed(second)


def test_a_compare_stream_comes_again_with_every_text_in_one_piece(server: RunningServer) -> None:
    body = {"targets": [DEMO, {"model": "no-such"}, DEMO], "prompt_text": "Hello out there"}
    first_response, first = events(server, COMPARE, body)
    second_response, second = events(server, COMPARE, body)
    assert second_response.headers["x-comparison-id"] == first_response.headers["x-comparison-id"]
    chunks = {event.name: event.data for event in second if event.name.startswith("chunk")}
    assert chunks == {
        "chunk:0": {"index": 0, "content": "Hello out there"},
        "chunk:2": {"index": 2, "content": "Hello out there"},
    }
    ends = [[event for event in told if not event.name.startswith("chunk")] for told in (first, second)]
    assert [(event.name, event.data) for event in ends[1]] == [(event.name, event.data) for event in ends[0]]
    assert second[-1].name == "end"
    assert post(server, COMPARE, body).content == post(server, COMPARE, body).content
    page = server.client.get("/api/v1/playground/history").json()
    assert page["total"] == 3


def test_what_did_nothing_gives_its_key_back(server: RunningServer) -> None:
    assert post(server, RUN, {"model": "no-such", "prompt_text": "Hi"}).status_code == 422
    assert post(server, RUN, {"prompt_text": 7}).status_code == 422
    assert post(server, RUN, DEMO | {"prompt_text": "Hi", "prompt_id": "no/such"}).status_code == 422
    assert post(server, "/api/v1/prompts", {"namespace": "!", "slug": "b"}).status_code == 422
    assert post(server, RUN, DEMO | {"prompt_text": "Hi"}).status_code == 200


def test_what_crashed_may_have_been_done_and_is_not_done_again(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "PATIENCE_SECONDS", 0.0)
    playgrounds, body = "/api/v2/genai/playgrounds/", {"name": "P", "description": "", "useCaseId": "u"}
    create = server.services.playgrounds.playgrounds.create

    async def create_and_crash(*given: Any, **more: Any) -> Any:
        await create(*given, **more)
        raise RuntimeError("a bug")

    with monkeypatch.context() as patched:
        patched.setattr(server.services.playgrounds.playgrounds, "create", create_and_crash)
        assert post(server, playgrounds, body).status_code == 500
    assert post(server, playgrounds, body).status_code == 409
    assert server.client.get(playgrounds).json()["totalCount"] == 1


def test_without_an_answer_of_the_store_nothing_is_carried_out(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any) -> Any:
        raise StoreUnavailable("away")

    body = DEMO | {"prompt_text": "Hi"}
    with monkeypatch.context() as patched:
        patched.setattr(server.services.idempotency_services.store, "claim", away)
        refused = post(server, RUN, body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "store_unavailable")
    assert int(refused.headers["retry-after"]) > 0
    assert server.client.get("/api/v1/playground/history").json()["total"] == 0
    assert post(server, RUN, body).status_code == 200


@pytest.mark.parametrize("key", ["", "k" * 256], ids=["empty", "too long"])
def test_what_is_no_key_is_refused(server: RunningServer, key: str) -> None:
    refused = post(server, RUN, DEMO | {"prompt_text": "Hi"}, key=key)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "validation")


def test_a_key_may_have_255_characters(server: RunningServer) -> None:
    assert post(server, RUN, DEMO | {"prompt_text": "Hi"}, key="k" * 255).status_code == 200


def test_reading_requests_take_no_notice_of_it(server: RunningServer) -> None:
    def history() -> httpx.Response:
        return server.client.get("/api/v1/playground/history", headers={"idempotency-key": "key-1"})

    before = history()
    assert post(server, RUN, DEMO | {"prompt_text": "Hi"}, key="key-1").status_code == 200  # it is free
    after = history()
    assert [before.json()["total"], after.json()["total"]] == [0, 1]
    assert not is_replayed(before)
    assert not is_replayed(after)
    long_key = {"idempotency-key": "k" * 256}
    assert server.client.get("/api/v1/playground/history", headers=long_key).status_code == 200


def test_a_key_is_its_tenants(tenancy: Tenancy) -> None:
    keys = {tenant: tenancy.key(tenant, Role.MEMBER) for tenant in ("acme", "other")}
    body = {"namespace": "a", "slug": "b"}
    ids = {
        tenant: {
            post(tenancy.server, "/api/v1/prompts", body, authorization=f"Bearer {key}").json()["id"] for _ in range(2)
        }
        for tenant, key in keys.items()
    }
    assert len(ids["acme"]) == len(ids["other"]) == 1
    assert ids["acme"] != ids["other"]


def test_a_secret_is_shown_once_and_not_kept(tenancy: Tenancy) -> None:
    admin = tenancy.key("acme", Role.ADMIN)
    first, second = (
        post(tenancy.server, "/api/v1/keys", {"name": "New"}, authorization=f"Bearer {admin}") for _ in range(2)
    )
    secret = first.json()["key"]
    assert second.json() == first.json() | {"key": None}
    assert secret not in stored(tenancy.server)

    operator = tenancy.key("operator", Role.OPERATOR)
    body = {"name": "Third", "id": "third"}
    first, second = (
        post(tenancy.server, "/api/v1/tenants", body, authorization=f"Bearer {operator}") for _ in range(2)
    )
    made = first.json()
    assert second.json() == made | {"admin_key": made["admin_key"] | {"key": None}}
    assert made["admin_key"]["key"] not in stored(tenancy.server)


def test_the_key_itself_is_not_stored(server: RunningServer) -> None:
    post(server, RUN, DEMO | {"prompt_text": "Hi"}, key="a-canary-of-a-key")
    assert "a-canary-of-a-key" not in stored(server)


def stored(server: RunningServer) -> str:
    client = server.aws.clients.dynamodb()
    return json.dumps(client.scan(TableName=server.aws.names[USAGE_TABLE])["Items"])


def test_after_a_day_the_key_is_free_again(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    body = DEMO | {"prompt_text": "Hi"}
    monkeypatch.setattr("promptyard.storage.runs.idempotency.IDEMPOTENCY_KEPT_FOR", timedelta(seconds=-1))
    first, second = (post(server, RUN, body) for _ in range(2))
    assert second.json()["id"] != first.json()["id"]


ONCE_BY_THEMSELVES = {"/api/v1/tenant/import"}
"""An archive keeps its ids: imported twice it is there once."""


def test_the_document_tells_of_the_header_at_every_post(server: RunningServer) -> None:
    paths = server.client.get("/openapi.json").json()["paths"]
    for path, operations in paths.items():
        for method, operation in operations.items():
            named = [given["name"] for given in operation.get("parameters", [])]
            takes_keys = method == "post" and path not in ONCE_BY_THEMSELVES
            assert named.count("Idempotency-Key") == takes_keys, f"{method} {path}"
