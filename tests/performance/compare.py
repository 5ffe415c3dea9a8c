"""What a comparison adds to its targets' own times: python -m tests.performance.compare

The targets are paced to 50 tokens a second by a fake provider; client, server and provider are three processes on this
machine. Wall time is that of a comparison over that of its slowest target run alone, in the same run. The first
event's delay is from the moment at which the provider handed the bytes to the network to the moment at which the
client has read the event, while another target of the comparison hangs.
"""

import statistics
import time
from multiprocessing.connection import Connection

import httpx

from tests.support.aws.events import read_events
from tests.support.servers.processes import paced_upstream, server_process

RATE = 50.0
WORDS = 150
ROUNDS = 5
FIRST_EVENTS = 100
MODELS = {"slowest": (WORDS, RATE), "faster": (WORDS * 2 // 3, RATE), "fast": (1, RATE), "hanging": (0, RATE)}


def main() -> None:
    with paced_upstream(MODELS) as (upstream, pipe):
        variables = {"OPENAI_API_KEY": "sk-none", "OPENAI_BASE_URL": upstream}
        with server_process(variables) as url, httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
            _wall_time(client)
            _first_events(client, pipe)


def _wall_time(client: httpx.Client) -> None:
    alone = statistics.median(_seconds(client, "/api/v1/playground/run", _run()) for _ in range(ROUNDS))
    print(f"slowest target alone          {alone:.3f} s")
    for count in (3, 10):
        path, body = "/api/v1/playground/compare", _compare(["slowest"] + ["faster"] * (count - 1))
        together = statistics.median(_seconds(client, path, body) for _ in range(ROUNDS))
        print(f"compare of {count:>2} targets         {together:.3f} s   {together / alone:.3f} x")


def _first_events(client: httpx.Client, pipe: Connection) -> None:
    delays = []
    for _ in range(FIRST_EVENTS):
        with client.stream("POST", "/api/v1/playground/compare", json=_compare(["hanging", "fast"])) as response:
            event = next(read_events(response))
            read = time.perf_counter()
            assert event.name == "chunk:1"
            identifier = response.headers["x-comparison-id"]
        pipe.send("fast")
        delays.append(1000 * (read - pipe.recv()))
        client.post(f"/api/v1/playground/comparisons/{identifier}/cancel")
    delays.sort()
    p50, p95, worst = delays[len(delays) // 2], delays[len(delays) * 95 // 100], delays[-1]
    print(f"fast target's first event     p50 {p50:.1f} ms, p95 {p95:.1f} ms, worst {worst:.1f} ms of {FIRST_EVENTS}")


def _seconds(client: httpx.Client, path: str, body: dict[str, object]) -> float:
    began = time.perf_counter()
    with client.stream("POST", path, json=body) as response:
        assert response.status_code == 200
        last = list(read_events(response))[-1]
    assert last.name in {"done", "end"}
    return time.perf_counter() - began


def _run() -> dict[str, object]:
    return {"provider": "openai", "model": "slowest", "prompt_text": "Hi", "stream": True}


def _compare(models: list[str]) -> dict[str, object]:
    return {"prompt_text": "Hi", "targets": [{"provider": "openai", "model": model} for model in models]}


if __name__ == "__main__":
    main()
