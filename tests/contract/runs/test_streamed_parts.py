"""Reasoning and tool calls in streams, for who asks for them with `events`: on every route that streams."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.support.aws.events import Event, post_for_events
from tests.support.samples.chat_answers import DONE, EVENT_STREAM, chat_stream, frame, usage
from tests.support.servers.fake_upstream import Answer, FakeUpstream
from tests.support.servers.server import RunningServer, StartServer

RUN = "/api/v1/playground/run"
EVENTS = ["reasoning", "tool_calls"]


def called(identifier: str | None = None, name: str | None = None, arguments: str = "") -> bytes:
    function = {"arguments": arguments} | ({"name": name} if name else {})
    return frame({"tool_calls": [{"index": 0, "function": function} | ({"id": identifier} if identifier else {})]})


ANSWER = Answer(
    [
        frame({"reasoning_content": "They "}),
        frame({"reasoning_content": "want it."}),
        frame({"content": "I ask."}),
        called("call_1", "weather"),
        called(arguments='{"city":'),
        called(arguments=' "Bern"}'),
        frame({}, "tool_calls"),
        frame(usage=usage(10, 20, reasoning=4)),
        DONE,
    ],
    headers=EVENT_STREAM,
)
CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Bern"}'}}
TOLD = [
    ("reasoning", {"reasoning": "They "}),
    ("reasoning", {"reasoning": "want it."}),
    ("message", {"content": "I ask."}),
    ("tool_call", {"index": 0, "id": "call_1", "name": "weather", "arguments": ""}),
    ("tool_call", {"index": 0, "id": None, "name": None, "arguments": '{"city":'}),
    ("tool_call", {"index": 0, "id": None, "name": None, "arguments": ' "Bern"}'}),
]


@pytest.fixture
def server(start_server: StartServer, upstream: FakeUpstream) -> RunningServer:
    for model in ("gpt-4o", "gpt-4o-mini"):
        upstream.answer(ANSWER, model=model)
    return start_server({"OPENAI_API_KEY": "sk-x", "OPENAI_BASE_URL": upstream.url})


def pieces(events: list[Event]) -> list[tuple[str, Any]]:
    return [(event.name, event.data) for event in events if not event.name.startswith(("done", "error", "end"))]


def of_target(index: int) -> list[tuple[str, Any]]:
    """TOLD as a comparison tells it of that target."""
    told = []
    for name, data in TOLD:
        call = {"call_index": data["index"]} if name == "tool_call" else {}
        told.append((f"{'chunk' if name == 'message' else name}:{index}", {**data, **call, "index": index}))
    return told


def new_playground(client: httpx.Client) -> str:
    body = {"name": "n", "description": "d", "useCaseId": "u"}
    return str(client.post("/api/v2/genai/playgrounds/", json=body).json()["id"])


def version_id(client: httpx.Client) -> str:
    saved = client.post(
        "/api/v1/playground/save-version", json={"namespace": "n", "slug": "s", "content": "Say {{it}}."}
    ).json()
    return str(saved["version_id"])


def blueprint_id(client: httpx.Client) -> str:
    body = {"name": "B", "playgroundId": new_playground(client), "llmId": "gpt-4o"}
    return str(client.post("/api/v2/genai/llmBlueprints/", json=body).json()["id"])


def run_id(client: httpx.Client) -> str:
    return str(client.post(RUN, json={"model": "gpt-4o", "prompt_text": "Hi"}).json()["id"])


TEMPLATE = {"type": "text", "template_text": "Say {{it}}.", "variables": {"it": "it"}}
ROUTES: dict[str, Callable[[httpx.Client], tuple[str, dict[str, Any]]]] = {
    "run": lambda _: (RUN, {"model": "gpt-4o", "prompt_text": "Hi"}),
    "run, template": lambda _: (RUN, {**TEMPLATE, "model_config": {"id": "m", "model": "gpt-4o"}}),
    "run-version": lambda client: (
        f"/api/v1/playground/run-version/{version_id(client)}",
        {"variables": {"it": "it"}, "model_config": {"model": "gpt-4o"}},
    ),
    "blueprint": lambda client: (
        f"/api/v2/genai/llmBlueprints/{blueprint_id(client)}/run/",
        {"prompt_text": "Hi"},
    ),
    "rerun": lambda client: (f"/api/v1/playground/runs/{run_id(client)}/rerun", {}),
}
COMPARISONS: dict[str, Callable[[httpx.Client], tuple[str, dict[str, Any]]]] = {
    "compare": lambda _: (
        "/api/v1/playground/compare",
        {"prompt_text": "Hi", "targets": [{"model": "gpt-4o"}, {"model": "gpt-4o-mini"}]},
    ),
    "run-multi": lambda _: (
        "/api/v1/playground/run-multi",
        {**TEMPLATE, "models": [{"id": "a", "model": "gpt-4o"}, {"id": "b", "model": "gpt-4o"}]},
    ),
    "run-versions": lambda client: (
        "/api/v1/playground/run-versions",
        {"versions": [{"version_id": version_id(client), "model": "gpt-4o"}] * 2, "variables": {"it": "it"}},
    ),
}


@pytest.mark.parametrize("route", ROUTES)
def test_a_run_tells_what_is_asked_for_as_it_comes(server: RunningServer, route: str) -> None:
    path, body = ROUTES[route](server.client)
    for wanted in (EVENTS, ["reasoning"], ["tool_calls"], [], None):
        asked = {} if wanted is None else {"events": wanted}
        _, events = post_for_events(server.client, path, {**body, "stream": True, **asked})
        kept = {"message", *(name.removesuffix("s") for name in wanted or [])}
        assert pieces(events) == [told for told in TOLD if told[0] in kept]
        assert (events[-1].name, events[-1].data["tool_calls"]) == ("done", [CALL])


@pytest.mark.parametrize("route", COMPARISONS)
def test_a_comparison_tells_it_of_each_target(server: RunningServer, route: str) -> None:
    path, body = COMPARISONS[route](server.client)
    _, events = post_for_events(server.client, path, {**body, "stream": True, "events": EVENTS})
    for index in (0, 1):
        assert [told for told in pieces(events) if told[0].endswith(f":{index}")] == of_target(index)
    _, events = post_for_events(server.client, path, {**body, "stream": True})
    assert {name for name, _ in pieces(events)} == {"chunk:0", "chunk:1"}


def test_another_word_is_refused(server: RunningServer) -> None:
    response = server.client.post(RUN, json={"model": "gpt-4o", "prompt_text": "Hi", "events": ["thoughts"]})
    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["body", "events", 0]


@pytest.mark.parametrize("path", [RUN, "/api/v1/playground/compare"])
def test_a_repetition_is_told_it_too(server: RunningServer, path: str) -> None:
    _, body = {RUN: ROUTES["run"], "/api/v1/playground/compare": COMPARISONS["compare"]}[path](server.client)
    body |= {"stream": True, "events": EVENTS}
    server.client.headers["idempotency-key"] = "k"
    first, _ = post_for_events(server.client, path, body)
    again, events = post_for_events(server.client, path, body)
    assert (first.status_code, again.headers["idempotent-replayed"]) == (200, "true")
    told = [(name.partition(":")[0], data.get("reasoning") or data.get("arguments")) for name, data in pieces(events)]
    assert ("reasoning", "They want it.") in told
    assert ("tool_call", '{"city": "Bern"}') in told


def guarded(client: httpx.Client) -> str:
    """A playground whose guard blocks personal data in answers."""
    playground = new_playground(client)
    configuration = {
        "ootbMetricName": "pii_violation",
        "moderationConfiguration": {
            "guardConditions": [{"comparator": "greaterThan", "comparand": 0}],
            "intervention": {"action": "block", "message": "Blocked."},
        },
    }
    made = client.post(f"/api/v2/genai/playgrounds/{playground}/ootbMetricConfigurations/", json=configuration)
    assert made.status_code == 201, made.text
    return playground


def test_under_guards_they_come_when_all_has_passed(server: RunningServer) -> None:
    body = {"model": "gpt-4o", "prompt_text": "Hi", "stream": True, "events": EVENTS}
    _, events = post_for_events(server.client, RUN, {**body, "playground_id": guarded(server.client)})
    told = dict(pieces(events))
    assert told["reasoning"] == {"reasoning": "They want it."}
    assert told["tool_call"] == {"index": 0, "id": "call_1", "name": "weather", "arguments": '{"city": "Bern"}'}
    assert events[-1].name == "done"


@pytest.mark.parametrize("where", ["reasoning", "tool call"])
def test_of_what_guards_block_nothing_is_told(server: RunningServer, upstream: FakeUpstream, where: str) -> None:
    secret = "jo@example.org"
    leak = frame({"reasoning_content": secret}) if where == "reasoning" else called("c", "f", f'{{"to": "{secret}"}}')
    steps = [leak, *chat_stream("All well.").steps]
    upstream.answer(Answer(steps, headers=EVENT_STREAM), model="gpt-4.1")
    body = {"model": "gpt-4.1", "prompt_text": "Hi", "stream": True, "events": EVENTS}
    _, events = post_for_events(server.client, RUN, {**body, "playground_id": guarded(server.client)})
    assert secret not in repr(events)
    assert not {event.name for event in events} & {"reasoning", "tool_call"}
    assert events[-1].data["moderation"]["metric"] == "pii_violation"
