"""How long the first event of a run takes on the built-in stand-in, and how fast history is:
python -m tests.performance.run

Client and server are two processes on this machine.
"""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.support.aws.events import read_events
from tests.support.servers.processes import server_process

WARM_UP = 50
RUNS = 1_000
STORED = 10_000
RUN = "/api/v1/playground/run"
BODY = {"model": "demo/echo", "prompt_text": "one", "stream": True, "parameters": {"extra": {"delay_ms": 0}}}


def main() -> None:
    with server_process() as url, httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
        first = sorted([_first_event(client) for _ in range(WARM_UP + RUNS)][WARM_UP:])
        p50, p95 = statistics.median(first), first[len(first) * 95 // 100]
        print(f"run, first event              p50 {p50:.1f} ms, p95 {p95:.1f} ms of {RUNS}")
        total = client.get("/api/v1/playground/history").json()["total"]
        print(f"sequential runs kept          {total} of {WARM_UP + RUNS}")
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: client.post(RUN, json=BODY | {"stream": False}), range(STORED - WARM_UP - RUNS)))
        pages = []
        for _ in range(20):
            began = time.perf_counter()
            page = client.get("/api/v1/playground/history").json()
            pages.append(1000 * (time.perf_counter() - began))
        assert page["total"] == STORED
        print(f"first page of {STORED} runs      p50 {statistics.median(pages):.1f} ms, worst {max(pages):.1f} ms")


def _first_event(client: httpx.Client) -> float:
    """Milliseconds from sending the request to having read the first event."""
    began = time.perf_counter()
    with client.stream("POST", RUN, json=BODY) as response:
        events = read_events(response)
        next(events)
        took = 1000 * (time.perf_counter() - began)
        assert list(events)[-1].name == "done"
    return took


if __name__ == "__main__":
    main()
