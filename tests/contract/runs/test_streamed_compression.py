"""A prompt raw and compressed as a stream: told and resumed like any other comparison, over real HTTP."""

from typing import Any

import pytest

from tests.support.aws.events import post_for_events
from tests.support.servers.server import RunningServer

PATH = "/v1/playground/compare"
BODY = {"prompt": "Explain event loops.", "provider": "demo", "model": "thinker", "stream": True}


def test_both_arms_are_told_as_they_come(server: RunningServer) -> None:
    _, events = post_for_events(server.client, PATH, BODY | {"events": ["reasoning"]})
    kinds = [event.name for event in events]
    assert {"reasoning:0", "chunk:0", "reasoning:1", "chunk:1"} <= set(kinds)
    assert [kinds.count(last) for last in ("done:0", "done:1", "end")] == [1, 1, 1]
    runs = server.client.get(f"/api/v1/playground/comparisons/{events[-1].data['comparison_id']}").json()["runs"]
    for index, run in enumerate(runs):
        pieces = [event.data["content"] for event in events if event.name == f"chunk:{index}"]
        assert "".join(pieces) == run["output"]
    assert [run["endpoint_tag"] for run in runs] == ["compression", "compression"]
    assert [message["role"] for message in runs[1]["messages"]] == ["system", "user"]


def test_without_events_it_tells_the_text_alone(server: RunningServer) -> None:
    _, events = post_for_events(server.client, PATH, BODY)
    kinds = {event.name.split(":")[0] for event in events}
    assert kinds == {"chunk", "done", "end"}


def test_it_is_resumed(server: RunningServer) -> None:
    with server.client.stream("POST", PATH, json=BODY | {"resumable": True}) as answer:
        comparison_id = answer.headers["x-comparison-id"]
        whole = answer.read()
    again = server.client.get(f"/api/v1/playground/comparisons/{comparison_id}/events")
    assert again.content == whole


@pytest.mark.parametrize("body", [BODY | {"stream": "perhaps"}, BODY | {"events": ["thoughts"]}])
def test_what_is_invalid_is_a_400_here(server: RunningServer, body: Any) -> None:
    assert server.client.post(PATH, json=body).status_code == 400
