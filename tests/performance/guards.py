"""How much guards hold a stream back: python -m tests.performance.guards

A fake provider sends pieces of five characters, 100 a second. A piece's delay is from the moment at which the provider
handed its bytes to the network to the moment at which the client has read its last character; behind is how many
characters had been sent, and not read, when a text came. Without a blank a text is the worst for a window of patterns.
"""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import httpx

from promptyard.domain.runs.metrics.pii.window import WINDOW
from tests.support.aws.events import read_events
from tests.support.samples.chat_answers import DONE, EVENT_STREAM, frame, usage
from tests.support.servers.fake_upstream import Answer, At, FakeUpstream, Step
from tests.support.servers.processes import server_process

PLAYGROUNDS = "/api/v2/genai/playgrounds/"
NUMBER = 400
RATE = 100.0
TEXTS = {"prose": "word ", "without a blank": "words"}
METRICS: dict[str, list[dict[str, Any]]] = {
    "no playground": [],
    "a playground with all that is computed": [
        {"ootbMetricName": name} for name in ("latency", "all_tokens", "rouge_1", "exact_match", "pii_violation")
    ],
    "a guard that reports": [{"ootbMetricName": "pii_violation", "action": "report"}],
    "a guard that blocks": [{"ootbMetricName": "pii_violation", "action": "block"}],
}


@dataclass(frozen=True)
class Figures:
    """Delays in milliseconds."""

    first: float
    middle: float
    worst: float
    behind: int


def main() -> None:
    with FakeUpstream() as upstream:
        variables = {"OPENAI_API_KEY": "sk-none", "OPENAI_BASE_URL": upstream.url}
        with server_process(variables) as url, httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
            client.post("/api/v1/playground/run", json={"model": "demo/echo", "prompt_text": "Warm up."})
            for text, piece in TEXTS.items():
                print(f"{text} (the window is {WINDOW} characters)")
                for name, metrics in METRICS.items():
                    upstream.forget()
                    upstream.answer(_paced(piece))
                    found = _measure(client, upstream, _playground(client, metrics))
                    print(
                        f"  {name:40} first {found.first:7.1f} ms, p50 {found.middle:7.1f} ms, worst "
                        f"{found.worst:7.1f} ms, behind at most {found.behind}"
                    )


def _playground(client: httpx.Client, metrics: Sequence[dict[str, Any]]) -> str | None:
    if not metrics:
        return None
    body = {"name": "n", "description": "d", "useCaseId": "u"}
    playground = str(client.post(PLAYGROUNDS, json=body).json()["id"])
    for metric in metrics:
        configuration = {"ootbMetricName": metric["ootbMetricName"]}
        if "action" in metric:
            configuration["moderationConfiguration"] = {
                "guardConditions": [{"comparator": "greaterThan", "comparand": 0}],
                "intervention": {"action": metric["action"], "message": "Withheld."},
            }
        made = client.post(f"{PLAYGROUNDS}{playground}/ootbMetricConfigurations/", json=configuration)
        assert made.status_code == 201
    return playground


def _paced(piece: str) -> Answer:
    steps: list[Step] = []
    for number in range(NUMBER):
        steps += [At(number / RATE), frame({"content": piece})]
    return Answer([*steps, frame({}, "stop"), frame(usage=usage(1, NUMBER)), DONE], headers=EVENT_STREAM)


def _measure(client: httpx.Client, upstream: FakeUpstream, playground: str | None) -> Figures:
    body = {"provider": "openai", "model": "m", "prompt_text": "Hi", "stream": True, "playground_id": playground}
    texts: list[tuple[float, int]] = []
    with client.stream("POST", "/api/v1/playground/run", json=body) as response:
        for event in read_events(response):
            if event.name == "message":
                texts.append((time.perf_counter(), len(event.data["content"])))
    [request] = upstream.requests
    sent = [at for at, _ in request.sent[:NUMBER]]
    size = len(next(iter(TEXTS.values())))
    read = list(accumulate(length for _, length in texts))
    assert read[-1] == size * NUMBER
    delays = [_when(texts, read, size * (number + 1)) - sent[number] for number in range(NUMBER)]
    behind = [
        size * sum(at < moment for at in sent) - (upto - length)
        for (moment, length), upto in zip(texts, read, strict=True)
    ]
    milliseconds = [1000 * delay for delay in delays]
    return Figures(milliseconds[0], statistics.median(milliseconds), max(milliseconds), max(behind))


def _when(texts: Sequence[tuple[float, int]], read: Sequence[int], characters: int) -> float:
    """When so many characters had been read."""
    return next(moment for (moment, _), upto in zip(texts, read, strict=True) if upto >= characters)


if __name__ == "__main__":
    main()
