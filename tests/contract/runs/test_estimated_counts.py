"""Where a form of answers promises numbers and the provider gives none, ours stand there, over real HTTP."""

from typing import Any

import pytest

from tests.support.aws.events import post_for_events
from tests.support.samples.chat_answers import DONE, EVENT_STREAM, broken_stream, chat_stream, frame, usage
from tests.support.servers.fake_upstream import Answer, End, FakeUpstream
from tests.support.servers.server import RunningServer, StartServer

PLAYGROUND = "/api/v1/playground"
COMPRESS = "/v1/playground/compare"
TEXT = "Event loops wait for events and call what waits for them."
WORDS = len(TEXT.split())
MODEL = {"id": "a", "model": "gpt-4o"}
TEMPLATE = {"type": "text", "template_text": "Explain event loops.", "variables": {}}
COMPRESSED = {"prompt": "Explain event loops.", "provider": "openai", "model": "gpt-4o", "provider_key": "sk-test"}


def uncounted(text: str) -> Answer:
    """A whole answer without a report of its tokens."""
    return Answer([frame({"content": text}), frame({}, "stop"), DONE], headers=EVENT_STREAM)


@pytest.fixture
def server(start_server: StartServer, upstream: FakeUpstream) -> RunningServer:
    upstream.answer(uncounted(TEXT))
    return start_server({"OPENAI_API_KEY": "sk-test-1", "OPENAI_BASE_URL": upstream.url})


def post(server: RunningServer, path: str, body: Any) -> Any:
    response = server.client.post(path, json=body)
    assert response.status_code == 200, response.text
    return response.json()


def version(server: RunningServer) -> str:
    body = {"namespace": "a", "slug": "b", "content": "Explain event loops."}
    return str(server.client.post(f"{PLAYGROUND}/save-version", json=body).json()["version_id"])


def check(tokens: Any, cost_usd: float | None) -> None:
    assert 3 <= tokens["prompt"] < 40
    assert WORDS <= tokens["completion"] <= 2 * WORDS
    assert tokens["total"] == tokens["prompt"] + tokens["completion"]
    assert cost_usd == pytest.approx(tokens["prompt"] * 2.5e-6 + tokens["completion"] * 10e-6)


def test_the_template_playgrounds_tokens(server: RunningServer) -> None:
    run = post(server, f"{PLAYGROUND}/run", {**TEMPLATE, "model_config": MODEL})
    of_version = post(server, f"{PLAYGROUND}/run-version/{version(server)}", {"variables": {}, "model_config": MODEL})
    [multi] = post(server, f"{PLAYGROUND}/run-multi", {**TEMPLATE, "models": [MODEL]})
    for answer in (run, of_version, multi):
        assert answer["usage_source"] == "estimated"
        check(answer["tokens"], answer["cost_usd"])
        kept = server.client.get(f"{PLAYGROUND}/runs/{answer['id']}").json()
        assert (kept["tokens"], kept["usage_source"]) == (answer["tokens"], "estimated")
    body = {"versions": [{"version_id": version(server), "model": "gpt-4o"}], "variables": {}}
    [result] = post(server, f"{PLAYGROUND}/run-versions", body)["results"]
    metrics = result["metrics"]
    assert metrics["usage_source"] == "estimated"
    tokens = {name: metrics[f"{name}_tokens"] for name in ("prompt", "completion", "total")}
    check(tokens, metrics["cost_usd"])


def test_it_is_what_the_run_is_charged(server: RunningServer) -> None:
    run = post(server, f"{PLAYGROUND}/run", {**TEMPLATE, "model_config": MODEL})
    [entry] = server.client.get("/api/v1/usage/ledger").json()["items"]
    charged = (entry["input_tokens"], entry["output_tokens"])
    assert charged == (run["tokens"]["prompt"], run["tokens"]["completion"])
    assert (entry["source"], entry["cost_usd"]) == ("estimated", run["cost_usd"])


def test_it_is_said_in_a_stream_too_and_told_again(server: RunningServer) -> None:
    body = {**TEMPLATE, "model_config": MODEL, "stream": True}
    _, events = post_for_events(server.client, f"{PLAYGROUND}/run", body)
    assert events[-1].data["stats"]["usage_source"] == "estimated"
    assert events[-1].data["stats"]["tokens_out"] >= WORDS
    whole = {**TEMPLATE, "model_config": MODEL}
    first, again = (
        server.client.post(f"{PLAYGROUND}/run", json=whole, headers={"idempotency-key": "k"}).json() for _ in range(2)
    )
    assert first == again


def test_where_no_number_is_promised_none_is_given(server: RunningServer) -> None:
    answer = post(server, f"{PLAYGROUND}/run", {"prompt_text": "Explain event loops.", "model": "gpt-4o"})
    assert (answer["usage_source"], answer["cost_usd"]) == ("unknown", None)
    assert answer["tokens"] is None
    _, events = post_for_events(
        server.client, f"{PLAYGROUND}/run", {"prompt_text": "Hi", "model": "gpt-4o", "stream": True}
    )
    assert "usage_source" not in events[-1].data["stats"]


def is_compressed(request: Any) -> bool:
    return bool(request.json["messages"][0]["role"] == "system")


def test_both_arms_of_a_compression(server: RunningServer, upstream: FakeUpstream) -> None:
    upstream.forget()
    short = chat_stream("Loops wait.", counts=usage(300, 3))
    upstream.answer(lambda request: short if is_compressed(request) else uncounted(TEXT))
    answer = post(server, COMPRESS, COMPRESSED)
    assert (answer["normal_usage_source"], answer["mintoken_usage_source"]) == ("estimated", "reported")
    normal, compressed = answer["normal_tokens"], answer["mintoken_tokens"]
    assert (normal >= WORDS, compressed) == (True, 3)
    assert answer["savings_percent"] == round(100 * (normal - compressed) / normal, 1)
    assert answer["normal_cost_usd"] > 0
    assert answer["outcome"] == "clean"


def test_without_a_price_the_cost_stays_unknown(server: RunningServer, upstream: FakeUpstream) -> None:
    own = {**COMPRESSED, "provider": "custom", "model": "m", "custom_base_url": upstream.url}
    answer = post(server, COMPRESS, own)
    assert answer["normal_tokens"] >= WORDS
    assert (answer["normal_cost_usd"], answer["savings_cost_percent"]) == (None, None)


@pytest.mark.parametrize(
    ("ending", "tokens", "outcome"),
    [
        (broken_stream(TEXT, End.CUT), range(WORDS, 2 * WORDS), "broken"),
        (broken_stream("", End.CUT), range(1), "broken"),
        (uncounted(""), range(1), "broken"),
    ],
)
def test_what_came_is_counted(
    server: RunningServer, upstream: FakeUpstream, ending: Answer, tokens: range, outcome: str
) -> None:
    upstream.forget()
    upstream.answer(ending)
    answer = post(server, COMPRESS, COMPRESSED)
    assert answer["normal_tokens"] in tokens
    assert answer["mintoken_tokens"] in tokens
    assert isinstance(answer["savings_percent"], float)
    assert answer["outcome"] == outcome
