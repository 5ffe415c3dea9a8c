"""Every cell of `matrix`: the client asks the local server, whose providers are `demo` and a fake one."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from tests.clients.matrix import CASES, CLIENTS, MODELS, Program
from tests.clients.provider import PIXEL, PROMPT, PROVIDER, TOOL, answer_as_provider, asked
from tests.support.servers.fake_upstream import FakeUpstream
from tests.support.servers.server import RunningServer, StartServer

pytestmark = [pytest.mark.hard, pytest.mark.clients]

Outcome = Mapping[str, Any]


@pytest.fixture(scope="module", params=CLIENTS)
def client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Program]]:
    """Its name, and its program, which takes seconds to be loaded: one for all cases."""
    name = request.param
    if not CLIENTS[name].is_installed():
        pytest.fail(f"{name} is not installed: make test-clients")
    with CLIENTS[name].running(tmp_path_factory.mktemp("client")) as program:
        yield name, program


@pytest.fixture
def server(start_server: StartServer, upstream: FakeUpstream) -> RunningServer:
    answer_as_provider(upstream)
    return start_server({**PROVIDER, "GROQ_BASE_URL": upstream.url})


def is_text(told: Outcome, server: RunningServer, _: FakeUpstream) -> None:
    run = the_run(server)
    assert told["text"].strip() == run["output"].strip()
    assert told["text"].strip().startswith(PROMPT)
    is_usage(told, run)


def is_stream_with_usage(told: Outcome, server: RunningServer, _: FakeUpstream) -> None:
    pieces = told.get("pieces") or [told["text"]]
    run = the_run(server)
    assert "".join(pieces).strip() == run["output"].strip()
    assert len(pieces) >= 3 or "pieces" not in told
    is_usage(told, run)


def is_usage(told: Outcome, run: Any) -> None:
    sent, made = run["tokens"]["prompt"], run["tokens"]["completion"]
    assert told["usage"] == {"sent": sent, "made": made} or told.get("counts_itself")


def is_tool_call(told: Outcome, server: RunningServer, _: FakeUpstream) -> None:
    assert told["tool"] == TOOL["name"]
    assert set(told["arguments"]) == {"city", "days"}
    if "pieces" in told:
        assert len(told["pieces"]) >= 3
        assert json.loads("".join(told["pieces"])) == told["arguments"]


def is_thought(told: Outcome, server: RunningServer, _: FakeUpstream) -> None:
    run = the_run(server)
    assert run["reasoning"].strip() in told["reasoning"]
    said = "".join(told.get("pieces") or [told["text"]])
    assert run["reasoning"] not in said or "reasoning" not in told


def is_image(told: Outcome, _: RunningServer, upstream: FakeUpstream) -> None:
    assert told["text"].strip() == "I see it"
    [sent] = [request.json["messages"] for request in upstream.requests]
    [url] = [part["image_url"]["url"] for part in sent[-1]["content"] if part["type"] == "image_url"]
    assert base64.b64decode(url.partition(";base64,")[2]) == base64.b64decode(PIXEL)


def is_history(told: Outcome, server: RunningServer, _: FakeUpstream) -> None:
    run = the_run(server)
    assert run["status"] == "succeeded"
    assert told["text"].strip().endswith(run["output"].strip())
    assert [message["role"] for message in run["messages"]][-2:] in (["assistant", "tool"], ["assistant", "user"])


def is_error_before(told: Outcome, _: RunningServer, upstream: FakeUpstream) -> None:
    error = told["error"]
    assert error.get("status") in {400, None}
    assert error.get("is_too_long") in {True, None}
    assert "maximum context length" in error["message"] or error["kind"] == "token limit"
    assert len(upstream.requests) == 1, "a client that tries again what cannot succeed"


def is_error_within(told: Outcome, server: RunningServer, upstream: FakeUpstream) -> None:
    assert told["error"]["message"]
    run = the_run(server, of=len(upstream.requests))
    assert run["status"] == "failed"
    assert run["output"] == "Hello there"


def is_cancelled(told: Outcome, server: RunningServer, upstream: FakeUpstream) -> None:
    assert told["pieces"]
    [request] = upstream.requests
    request.client_left.wait_blocking()
    server.client.get(f"/api/v1/playground/runs/{the_run(server)['id']}/events")  # ends with the run
    assert the_run(server)["status"] == "cancelled"


def is_list(told: Outcome, _: RunningServer, __: FakeUpstream) -> None:
    assert {"demo/echo", "demo/writer", "demo/thinker"} <= set(told["models"])
    assert not [name for name in told["models"] if name.startswith("openai/")], "models that nobody can call"


JUDGES: dict[str, Callable[[Outcome, RunningServer, FakeUpstream], None]] = {
    "text": is_text,
    "usage": is_stream_with_usage,
    "tool": is_tool_call,
    "reasoning": is_thought,
    "image": is_image,
    "history": is_history,
    "error before": is_error_before,
    "error within": is_error_within,
    "cancel": is_cancelled,
    "models": is_list,
}


def the_run(server: RunningServer, of: int | None = None) -> Any:
    """The newest, of as many as are said to be there."""
    items = server.client.get("/api/v1/playground/history").json()["items"]
    assert of is None or len(items) == of
    return server.client.get(f"/api/v1/playground/runs/{items[0]['id']}").json()


@pytest.mark.parametrize("case", CASES)
def test_a_client_is_served_as_by_the_vendors_own_api(
    case: str,
    client: tuple[str, Program],
    server: RunningServer,
    upstream: FakeUpstream,
    record_property: Callable[[str, object], None],
) -> None:
    name, program = client
    record_property("cell", (name, case))
    if case in CLIENTS[name].lacks:
        pytest.skip(CLIENTS[name].lacks[case])
    told = program.told(case, asked(server.url, MODELS[case]))
    assert case.startswith("error") or "error" not in told, told
    JUDGES[case](told, server, upstream)
