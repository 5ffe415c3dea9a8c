"""What a deployment's operator sees of runs: a line of metrics for each, by whose matter its failure is."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.samples.chat_answers import broken_stream, chat_stream, failure
from tests.support.servers.fake_upstream import End, FakeUpstream
from tests.support.servers.server import RunningServer, StartServer

PLAYGROUND = "/api/v1/playground"
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def server(start_server: StartServer, upstream: FakeUpstream) -> RunningServer:
    upstream.answer(chat_stream("Hello there"), model="good")
    upstream.answer(failure(400, "too long"), model="refused")
    upstream.answer(failure(401, "bad key"), model="locked")
    upstream.answer(failure(500, "broken", retry_after="0"), model="broken")
    upstream.answer(broken_stream("half", End.CUT), model="cut")
    variables = {"OPENAI_API_KEY": "sk-deployment", "OPENAI_BASE_URL": upstream.url}
    return start_server({**variables, "PROMPTYARD_METRICS_NAMESPACE": "Promptyard/contract"})


@pytest.fixture
def lines(capfd: pytest.CaptureFixture[str]) -> Lines:
    """Those that were printed since it was asked last."""

    def printed() -> list[dict[str, Any]]:
        return [json.loads(line) for line in capfd.readouterr().out.splitlines() if line.startswith('{"_aws"')]

    printed()
    return printed


def run(server: RunningServer, model: str, **more: Any) -> None:
    body = {"provider": "openai", "model": model, "prompt_text": "Hi", **more}
    server.client.post(f"{PLAYGROUND}/run", json=body)


@pytest.mark.parametrize(
    ("model", "more", "failures"),
    [
        ("good", {}, set()),
        ("good", {"stream": True}, set()),
        ("refused", {}, {"CallerFailures"}),
        ("locked", {}, {"OurFailures"}),
        ("locked", {"provider_key": "sk-of-the-caller"}, {"CallerFailures"}),
        ("broken", {}, {"ProviderFailures"}),
        ("cut", {"stream": True}, {"ProviderFailures"}),
    ],
)
def test_a_run_is_a_line(
    server: RunningServer, lines: Lines, model: str, more: dict[str, Any], failures: set[str]
) -> None:
    run(server, model, **more)
    [line] = lines()
    assert {name for name in line if name.endswith("Failures")} == failures
    assert line["status"] == ("failed" if failures else "succeeded")
    assert line["provider"] == "openai"
    if not failures:
        assert (line["TokensIn"], line["TokensOut"]) == (10, 2)
        assert 0 <= line["TimeToFirstToken"] <= line["Latency"]


def test_a_comparisons_targets_are_a_line_each_sent_or_not(server: RunningServer, lines: Lines) -> None:
    targets = [{"provider": "openai", "model": "good"}, {"model": "nobody-lists-this"}, {"model": "demo/echo"}]
    server.client.post(f"{PLAYGROUND}/compare", json={"prompt_text": "Hi", "targets": targets, "stream": False})
    assert Counter((line["provider"], line["status"]) for line in lines()) == {
        ("openai", "succeeded"): 1,
        ("none", "failed"): 1,
        ("demo", "succeeded"): 1,
    }


def test_what_never_became_a_run_is_no_line(server: RunningServer, lines: Lines) -> None:
    run(server, "good", parameters={"temperature": 9})
    run(server, "good", prompt_text="")
    assert lines() == []


def test_a_laptop_writes_none(start_server: StartServer, upstream: FakeUpstream, lines: Lines) -> None:
    run(start_server({}), "x", provider="demo")
    assert lines() == []
