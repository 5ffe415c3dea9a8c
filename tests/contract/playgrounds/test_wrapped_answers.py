"""Personal data in wrappings of every kind, in answers and in what is said of failures: under a guard the caller never
sees them, in a stream or out of it, nor does anybody who looks at the record."""

import base64
import json
from typing import Any

import pytest

from tests.support.samples.chat_answers import DONE, EVENT_STREAM, JSON, frame, usage
from tests.support.servers.fake_upstream import Answer, FakeUpstream
from tests.support.servers.server import RunningServer, StartServer

RUN = "/api/v1/playground/run"
PLAYGROUNDS = "/api/v2/genai/playgrounds/"
MAIL = "ada@example.com"
ENCODED = base64.b64encode(f"Write to {MAIL} soon".encode()).decode()


@pytest.fixture
def server(start_server: StartServer, upstream: FakeUpstream) -> RunningServer:
    return start_server({"OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": upstream.url})


@pytest.fixture
def playground(server: RunningServer) -> str:
    body = {"name": "n", "description": "d", "useCaseId": "u"}
    playground = str(server.client.post(PLAYGROUNDS, json=body).json()["id"])
    guard = {
        "ootbMetricName": "pii_violation",
        "moderationConfiguration": {
            "guardConditions": [{"comparator": "greaterThan", "comparand": 0}],
            "intervention": {"action": "block", "message": "Withheld."},
        },
    }
    made = server.client.post(f"{PLAYGROUNDS}{playground}/ootbMetricConfigurations/", json=guard)
    assert made.status_code == 201
    return playground


def tool_call(identifier: str = "c", name: str = "f", arguments: str = "{}") -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {"tool_calls": [{"index": 0, "id": identifier, "type": "function", "function": function}]}


ANSWERS: dict[str, list[dict[str, Any]]] = {
    "a file in base64": [{"content": f"See data:text/plain;base64,{ENCODED[:9]}"}, {"content": ENCODED[9:] + " there"}],
    "an escape in pieces": [{"content": "Write to ada&#"}, {"content": "64;example.com, please"}],
    "JSON in JSON": [{"content": json.dumps({"a": json.dumps({"b": MAIL.replace("@", "\\u0040")})})}],
    "a tool call's id": [tool_call(identifier=MAIL)],
    "fields of one name": [tool_call(arguments=f'{{"to": "{MAIL}", "to": "nobody"}}')],
    "broken arguments": [tool_call(arguments=f'{{"to": "{MAIL}')],
    "a number with a point": [tool_call(arguments='{"card": 4111111111111111.0}')],
}


@pytest.mark.parametrize("deltas", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("stream", [False, True])
def test_what_is_wrapped_does_not_leave(
    server: RunningServer, upstream: FakeUpstream, playground: str, deltas: list[dict[str, Any]], stream: bool
) -> None:
    frames = [frame({"role": "assistant"} | delta) for delta in deltas]
    upstream.answer(Answer([*frames, frame({}, "stop"), frame(usage=usage(1, 1)), DONE], headers=EVENT_STREAM))
    shown = everything_shown(server, playground, stream)
    assert "Withheld." in shown
    for secret in (MAIL, ENCODED[:9], "ada&#", "u0040", "4111111111111111"):
        assert secret not in shown


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("stream", [False, True])
def test_what_a_failure_quotes_does_not_leave(
    server: RunningServer, upstream: FakeUpstream, playground: str, stream: bool, status: int
) -> None:
    error = {"error": {"message": f"I will not write to {MAIL}", "type": "invalid_request_error"}}
    failing = Answer([json.dumps(error).encode()], status=status, headers=JSON)
    midway = Answer([frame({"content": "Well"}), f"data: {json.dumps(error)}\n\n".encode()], headers=EVENT_STREAM)
    upstream.answer(midway if status == 200 else failing)
    shown = everything_shown(server, playground, stream)
    assert MAIL not in shown
    assert "withheld" in shown


def everything_shown(server: RunningServer, playground: str, stream: bool) -> str:
    """The answer, and what the history and the playground show of it."""
    body = {"provider": "openai", "model": "m", "prompt_text": "Say it.", "playground_id": playground, "stream": stream}
    get = server.client.get
    answers = [
        server.client.post(RUN, json=body),
        get("/api/v1/playground/history"),
        get(f"{PLAYGROUNDS}{playground}/runs/"),
        get(f"{PLAYGROUNDS}{playground}/moderationReports/"),
    ]
    return "".join(answer.text for answer in answers)
