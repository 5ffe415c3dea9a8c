"""A process whose patterns do not find what they are to find runs nothing under guards, on whatever route."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from promptyard.domain.runs.metrics.pii import scan
from tests.support.aws.events import post_for_events
from tests.support.samples.chat_answers import chat_stream
from tests.support.servers.fake_upstream import FakeUpstream
from tests.support.servers.server import RunningServer, StartServer

RUN = "/api/v1/playground/run"
COMPARE = "/api/v1/playground/compare"
GENAI = "/api/v2/genai"
IBAN = "DE89 3704 0044 0532 0130 00"
SENTENCE = "Guards do not work here: known personal data are not found (iban)"


@pytest.fixture
def server(start_server: StartServer, upstream: FakeUpstream) -> RunningServer:
    upstream.answer(chat_stream("Fine."))
    return start_server({"OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": upstream.url})


@pytest.fixture
def playground(server: RunningServer) -> str:
    body = {"name": "n", "description": "d", "useCaseId": "u"}
    playground = str(server.client.post(f"{GENAI}/playgrounds/", json=body).json()["id"])
    guard = {
        "ootbMetricName": "pii_violation",
        "moderationConfiguration": {
            "guardConditions": [{"comparator": "greaterThan", "comparand": 0}],
            "intervention": {"action": "block", "message": "This was withheld."},
        },
    }
    made = server.client.post(f"{GENAI}/playgrounds/{playground}/ootbMetricConfigurations/", json=guard)
    assert made.status_code == 201, made.text
    return playground


@pytest.fixture
def blind(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The patterns of IBANs find none; `undo` mends them."""
    broken = tuple(replace(row, shape="(?!)") if row.kind == "iban" else row for row in scan.PATTERNS)
    with monkeypatch.context() as patch:
        patch.setattr(scan, "PATTERNS", broken)
        yield patch


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.usefixtures("blind")
def test_a_run_under_guards_is_refused_with_a_sentence(
    server: RunningServer, upstream: FakeUpstream, playground: str, stream: bool, caplog: pytest.LogCaptureFixture
) -> None:
    body = {"model": "gpt-4o", "prompt_text": f"Pay to {IBAN}.", "playground_id": playground, "stream": stream}
    for _ in range(2):
        response = server.client.post(RUN, json=body)
        assert response.status_code == 503
        error = response.json()["error"]
        assert (error["code"], error["message"], error["retryable"]) == ("guards_unavailable", SENTENCE, False)
    assert upstream.requests == []
    assert server.client.get("/api/v1/playground/history").json()["total"] == 0
    assert "guards refused" in caplog.messages
    assert IBAN not in caplog.text


@pytest.mark.usefixtures("blind")
def test_a_comparison_under_guards_is_refused_target_by_target(
    server: RunningServer, upstream: FakeUpstream, playground: str
) -> None:
    body = {"prompt_text": f"Pay to {IBAN}.", "targets": [{"model": "gpt-4o"}] * 2, "playground_id": playground}
    _, events = post_for_events(server.client, COMPARE, body | {"stream": True})
    ends = [event for event in events if event.name.startswith(("done", "error"))]
    assert sorted(event.name for event in ends) == ["error:0", "error:1"]
    assert all(SENTENCE in str(event.data) for event in ends)
    assert upstream.requests == []


@pytest.mark.usefixtures("blind")
def test_what_nobody_guards_is_run(server: RunningServer) -> None:
    body: dict[str, Any] = {"model": "demo/echo", "prompt_text": "Hello."}
    assert server.client.post(RUN, json=body).json()["output"] == "Hello."


def test_guards_that_find_what_they_look_for_are_served(
    blind: pytest.MonkeyPatch, server: RunningServer, playground: str
) -> None:
    body = {"model": "demo/echo", "prompt_text": f"Pay to {IBAN}.", "playground_id": playground}
    assert server.client.post(RUN, json=body).status_code == 503
    blind.undo()
    assert server.client.post(RUN, json=body).json()["output"] == "This was withheld."
