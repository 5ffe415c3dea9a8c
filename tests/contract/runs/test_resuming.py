"""Streams that are read again from any event on, over real HTTP: from memory, and from pieces in the store."""

import asyncio
import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from promptyard.api import resumed_streams
from promptyard.domain.account.access import Role
from promptyard.domain.errors import DeadlineExceeded
from promptyard.domain.identifiers import time_ordered_id
from promptyard.domain.runs.run import Run, RunLinks, RunStatus
from promptyard.services.ports.runs import StreamPiece
from promptyard.services.runs.resuming import piece_reader
from promptyard.storage.runs.stream_pieces import DynamoStreamStore
from tests.support.doubles.tenancy import As, Tenancy
from tests.support.samples.chat_answers import DONE, EVENT_STREAM, frame, gated_stream
from tests.support.samples.sample_runs import new_run, settled
from tests.support.servers.fake_upstream import Answer, FakeUpstream
from tests.support.servers.server import RunningServer, StartServer
from tests.support.servers.signals import Signal

RUN = "/api/v1/playground/run"
COMPARE = "/api/v1/playground/compare"
STORE: Mapping[str, str] = {"PROMPTYARD_REMEMBER_STREAMS": "false"}
"""As deployed: nothing is remembered."""
DEMO = {"provider": "demo", "model": "writer", "prompt_text": "Explain resuming.", "stream": True}
OPENAI = {"provider": "openai", "model": "gpt-4o"}
WAYS: Mapping[str, tuple[Mapping[str, str], Mapping[str, Any]]] = {
    "memory": ({}, {}),
    "pieces": (STORE, {"resumable": True}),
    "continue": (STORE, {"on_disconnect": "continue"}),
}


@pytest.fixture(params=list(WAYS))
def way(request: pytest.FixtureRequest, start_server: StartServer, upstream: FakeUpstream) -> "Way":
    variables, asks = WAYS[request.param]
    openai = {"OPENAI_API_KEY": "sk-canary-1", "OPENAI_BASE_URL": upstream.url}
    servers = [start_server({**openai, **variables})]
    if variables:
        servers.append(start_server({**openai, **variables}))
    return Way(servers[0], servers[-1], asks)


class Way:
    """A server; another one over the same data, where nothing is remembered, that streams are read from; and what a
    request says to be resumable."""

    def __init__(self, server: RunningServer, reader: RunningServer, asks: Mapping[str, Any]) -> None:
        self.client = server.client
        self.reader = reader.client
        self.asks = dict(asks)

    def post(self, path: str, body: Mapping[str, Any]) -> httpx.Response:
        response = self.client.post(path, json={**body, **self.asks})
        assert response.status_code == 200, response.text
        return response


def events_path(response: httpx.Response) -> str:
    if "x-run-id" in response.headers:
        return f"/api/v1/playground/runs/{response.headers['x-run-id']}/events"
    return f"/api/v1/playground/comparisons/{response.headers['x-comparison-id']}/events"


def frames_of(body: bytes) -> list[bytes]:
    assert body.endswith(b"\n\n")
    return [frame + b"\n\n" for frame in body.split(b"\n\n")[:-1] if not frame.startswith(b":")]


def number_of(frame: bytes) -> int:
    return int(frame.removeprefix(b"id: ").split(b"\n")[0])


def without_comments(body: bytes) -> bytes:
    return b"".join(frames_of(body)) if body else b""


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (RUN, DEMO),
        (COMPARE, {"prompt_text": "Explain.", "targets": [{"model": "demo/writer"}, {"model": "demo/nobody"}]}),
    ],
    ids=["run", "comparison"],
)
def test_after_the_end_a_stream_is_told_again_from_each_event_on(way: Way, path: str, body: dict[str, Any]) -> None:
    whole = way.post(path, body)
    events, frames = events_path(whole), frames_of(whole.content)
    again = way.reader.get(events)
    assert again.content == whole.content
    assert again.headers["content-type"] == "text/event-stream; charset=utf-8"
    for name in ("x-run-id", "x-comparison-id"):
        assert again.headers.get(name) == whole.headers.get(name)
    for place in random.Random(1).sample(range(len(frames) - 1), min(5, len(frames) - 1)):
        rest = b"".join(frames[place + 1 :])
        number = str(number_of(frames[place]))
        assert way.reader.get(events, headers={"Last-Event-ID": number}).content == rest
        assert way.reader.get(f"{events}?after={number}").content == rest
        assert way.reader.get(f"{events}?after=1", headers={"Last-Event-ID": number}).content == rest
    last = way.reader.get(f"{events}?after={number_of(frames[-1])}")
    assert (last.status_code, last.content) == (204, b"")
    assert way.reader.get(f"{events}?after=9999999999").status_code == 204


def test_a_dropped_stream_goes_on_live_for_several_readers(way: Way, upstream: FakeUpstream) -> None:
    gates = [Signal() for _ in range(4)]
    words = ["one ", "two ", "three ", "four"]
    upstream.answer(gated_stream(words, gates))
    body = {**OPENAI, "prompt_text": "Count.", "stream": True, "on_disconnect": "continue"}
    gates[0].set()
    with way.client.stream("POST", RUN, json={**body, **way.asks}) as response:
        first = _one(response.iter_raw())
        events = events_path(response)
    with (
        way.reader.stream("GET", f"{events}?after={number_of(first)}") as resumed,
        way.reader.stream("GET", events) as anew,
    ):
        gates[1].set()
        pieces = resumed.iter_raw()
        second = _one(pieces)
        assert b'"two "' in second, "it comes while the run goes on"
        gates[2].set()
        gates[3].set()
        rest = second + without_comments(b"".join(pieces))
        assert without_comments(anew.read()) == first + rest
    frames = frames_of(rest)
    assert b"".join(frames[:3]).count(b"content") == 3
    assert frames[-1].split(b"\n")[1] == b"event: done"
    assert way.reader.get(events).content == first + rest


def _one(pieces: Iterator[bytes]) -> bytes:
    """The first frame that comes."""
    for piece in pieces:
        if piece and not piece.startswith(b":"):
            assert len(frames_of(piece)) == 1
            return piece
    raise AssertionError("nothing came")


def test_what_was_not_streamed_has_its_events_too_where_it_asked_for_them(way: Way) -> None:
    whole = way.post(RUN, {**DEMO, "stream": False, "on_disconnect": "continue"})
    frames = frames_of(way.reader.get(events_path(whole)).content)
    assert len(frames) > 5
    assert f'"id": "{whole.json()["id"]}"'.encode() in frames[-1]


def test_a_stream_is_resumed_as_wide_as_it_was_asked_for(way: Way, upstream: FakeUpstream) -> None:
    call = {"index": 0, "id": "c", "function": {"name": "pay", "arguments": "{}"}}
    deltas = [{"reasoning_content": "Hm."}, {"content": "Yes."}, {"tool_calls": [call]}]
    steps = [*(frame(delta) for delta in deltas), frame({}, "tool_calls"), DONE]
    body = {**OPENAI, "prompt_text": "Pay?", "stream": True}
    for events in ([], ["reasoning", "tool_calls"]):
        upstream.answer(Answer(list(steps), headers=EVENT_STREAM))
        whole = way.post(RUN, {**body, "events": events})
        assert (b"event: reasoning" in whole.content) == (b"event: tool_call" in whole.content) == bool(events)
        assert way.reader.get(events_path(whole)).content == whole.content


def test_a_failed_run_and_a_cancelled_one_end_as_they_did(way: Way) -> None:
    slow = {**DEMO, "parameters": {"extra": {"delay_ms": 50}}, **way.asks}
    with way.client.stream("POST", RUN, json=slow) as response:
        events = events_path(response)
        way.client.post(f"{events.removesuffix('/events')}/cancel")
        told = response.read()
    assert b'event: error\ndata: {"error": {"code": "cancelled"' in told
    assert way.reader.get(events).content == without_comments(told)


def test_a_deleted_run_has_no_events(way: Way) -> None:
    compared = way.post(COMPARE, {"prompt_text": "Hi", "targets": [{"model": "demo/echo"}, {"model": "demo/echo"}]})
    whole = way.post(RUN, DEMO)
    run = events_path(whole).removesuffix("/events")
    assert way.client.delete(run).status_code == 204
    assert way.reader.get(f"{run}/events").json()["detail"] == "Run not found"
    [target, _] = way.reader.get(events_path(compared).removesuffix("/events")).json()["runs"]
    assert way.reader.get(events_path(compared)).status_code == 200
    of_target = way.client.get(f"/api/v1/playground/runs/{target['id']}/events")
    assert of_target.status_code == 404
    assert compared.headers["x-comparison-id"] in of_target.json()["detail"]
    assert way.client.delete(f"/api/v1/playground/runs/{target['id']}").status_code == 204
    assert way.reader.get(events_path(compared)).status_code == 404, "it holds the deleted answer"


def test_no_such_event(way: Way) -> None:
    events = events_path(way.post(RUN, DEMO))
    for given in ("x", "-1", "1.5", "99999999999", ""):
        for answer in (
            way.reader.get(events, headers={"Last-Event-ID": given}),
            way.reader.get(events, params={"after": given}),
        ):
            assert answer.status_code == 422, given
            assert answer.json()["error"]["code"] == "validation"
    for kind in ("runs", "comparisons"):
        for name in ("01a2b3c4-0000-7000-8000-000000000000", "x", "%E2%82%AC"):
            assert way.client.get(f"/api/v1/playground/{kind}/{name}/events").status_code == 404


def test_deployed_only_a_run_that_asked_for_it_is_resumed(start_server: StartServer) -> None:
    client = start_server(STORE).client
    for path, body in ((RUN, DEMO), (COMPARE, {"prompt_text": "Hi", "targets": [{"model": "demo/echo"}] * 2})):
        answer = client.get(events_path(client.post(path, json=body)))
        assert answer.status_code == 404
        assert "resumable" in answer.json()["detail"]


def test_a_local_server_keeps_no_events_of_what_was_answered_whole(start_server: StartServer) -> None:
    client = start_server({}).client
    targets = {"prompt_text": "Hi", "targets": [{"model": "demo/echo"}] * 2}
    for path, body in ((RUN, DEMO), (COMPARE, targets)):
        whole = client.post(path, json={**body, "stream": False})
        answer = client.get(events_path(whole))
        assert answer.status_code == 404
        assert "resumable" in answer.json()["detail"]


def test_over_a_restart_what_was_resumable_is(start_server: StartServer) -> None:
    """The second server has the first one's data, not its memory."""
    first, second = (start_server({}).client for _ in range(2))
    kept, forgotten = (first.post(RUN, json={**DEMO, "resumable": resumable}) for resumable in (True, False))
    assert second.get(events_path(kept)).content == kept.content
    assert second.get(events_path(forgotten)).status_code == 404
    assert first.get(events_path(forgotten)).content == forgotten.content


def test_a_repeated_request_is_told_without_numbers_of_the_stream(way: Way) -> None:
    """They would be others than those that it can be resumed by."""
    body = {**DEMO, **way.asks}
    first, again = (way.client.post(RUN, json=body, headers={"idempotency-key": "k"}) for _ in range(2))
    assert again.headers["idempotent-replayed"] == "true"
    assert b"id: " in first.content
    assert not any(line.startswith(b"id: ") for line in again.content.split(b"\n"))
    assert way.reader.get(events_path(again)).content == first.content


@pytest.mark.parametrize("variables", [{}, STORE], ids=["memory", "pieces"])
def test_keys_and_tenants(start_server: StartServer, variables: Mapping[str, str]) -> None:
    tenancy = Tenancy(start_server({"PROMPTYARD_AUTH": "required", **variables}))
    for name in ("acme", "other"):
        tenancy.make_tenant(name)
    member, viewer = As(tenancy, "acme", Role.MEMBER), As(tenancy, "acme", Role.VIEWER)
    other = As(tenancy, "other", Role.ADMIN)
    targets = {"prompt_text": "Hi", "targets": [{"model": "demo/echo"}, {"model": "demo/echo"}], "stream": False}
    for path, body in ((RUN, {**DEMO, "stream": False}), (COMPARE, targets)):
        events = events_path(member("POST", path, {**body, "resumable": True}))
        assert viewer("GET", events).status_code == 200
        theirs, nobodys = other("GET", events), other("GET", events.replace("-7", "-8"))
        assert (theirs.status_code, theirs.json()["detail"]) == (404, nobodys.json()["detail"])
        assert tenancy.request("GET", events, None).status_code == 401


def test_an_erased_tenant_has_no_events(way: Way) -> None:
    events = events_path(way.post(RUN, DEMO))
    assert way.reader.get(events).status_code == 200
    assert way.client.post("/api/v1/tenant/erase", json={"confirm": "local"}).json()["done"] is True
    assert way.reader.get(events).status_code == 404


@pytest.mark.parametrize("variables", [{}, STORE], ids=["memory", "pieces"])
def test_what_a_guard_withholds_is_in_no_event(start_server: StartServer, variables: Mapping[str, str]) -> None:
    server = start_server(variables)
    genai, secret = "/api/v2/genai/playgrounds/", "ada@example.com"
    playground = server.client.post(genai, json={"name": "p", "description": "", "useCaseId": "u"}).json()["id"]
    condition = {"comparator": "greaterThan", "comparand": 0}
    guard = {"guardConditions": [condition], "intervention": {"action": "block", "message": "Withheld."}}
    metric = {"ootbMetricName": "pii_violation", "moderationConfiguration": guard}
    assert server.client.post(f"{genai}{playground}/ootbMetricConfigurations/", json=metric).status_code == 201
    for prompt in (f"Write to {secret}", "Say: ada at example dot com"):
        body = {**DEMO, "model": "echo", "prompt_text": prompt, "playground_id": playground, "resumable": True}
        told = server.client.post(RUN, json=body)
        again = server.client.get(events_path(told))
        assert again.content == told.content
        assert (b"Withheld." in again.content) == (secret in prompt)
        assert secret.encode() not in again.content


@pytest.fixture
def deployed(start_server: StartServer, monkeypatch: pytest.MonkeyPatch) -> RunningServer:
    """One that remembers nothing, and is soon told that a writer is gone."""
    monkeypatch.setattr(piece_reader, "SILENCE_SECONDS", 0.05)
    monkeypatch.setattr(resumed_streams, "WRITER_IS_DONE", timedelta(0))
    return start_server(STORE)


TOLD = b'id: 2\ndata: {"content": "So far"}\n\n'


def write(server: RunningServer, stream_id: str, frames: bytes, *runs: Run) -> None:
    """What processes that died have left: a piece, and records."""

    async def written() -> None:
        now = datetime.now(UTC)
        kept = server.services.runs
        for run in runs:
            await kept.store.start(run.model_copy(update={"status": RunStatus.RUNNING}))
            await kept.store.settle(run)
        streams = DynamoStreamStore(kept._table)
        await streams.put("local", stream_id, StreamPiece(1, 2, frames), now + timedelta(hours=1))

    asyncio.run(written())


def test_a_stream_whose_process_died_ends_with_its_runs_error(deployed: RunningServer) -> None:
    run = new_run()
    run = run.ended(DeadlineExceeded("It died"), at=run.created_at)
    write(deployed, run.id, TOLD, run)
    frames = frames_of(deployed.client.get(f"/api/v1/playground/runs/{run.id}/events").content)
    assert frames[0] == TOLD
    assert frames[1].startswith(b'id: 3\nevent: error\ndata: {"error": {"code": "deadline", "message": "It died"')
    assert len(frames) == 2


def test_a_stream_whose_end_is_lost_does_not_seem_whole(deployed: RunningServer) -> None:
    run = settled(new_run(), output="So far, so good")
    write(deployed, run.id, TOLD, run)
    frames = frames_of(deployed.client.get(f"/api/v1/playground/runs/{run.id}/events?after=1").content)
    assert frames[0] == TOLD
    assert frames[1].startswith(b'id: 3\nevent: error\ndata: {"error": {"code": "store_unavailable"')
    assert b'"retryable": false' in frames[1]


def test_a_comparison_whose_process_died_ends_each_target_that_has_not(deployed: RunningServer) -> None:
    comparison = time_ordered_id()
    links = [RunLinks(comparison_id=comparison, comparison_index=index) for index in range(2)]
    done, died = new_run(links=links[0]), new_run(links=links[1])
    died = died.ended(DeadlineExceeded("It died"), at=died.created_at)
    told = b'id: 2\nevent: done:0\ndata: {"done": true}\n\n'
    write(deployed, comparison, told, settled(done, output="Hi"), died)
    frames = frames_of(deployed.client.get(f"/api/v1/playground/comparisons/{comparison}/events?after=2").content)
    assert [frame.split(b"\n")[:2] for frame in frames] == [[b"id: 3", b"event: error:1"], [b"id: 4", b"event: end"]]
