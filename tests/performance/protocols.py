"""How much later a first token comes by the protocols of clients than by our own route:
python -m tests.performance.protocols

Client and server are two processes on this machine; the routes are asked in turn, so that what else the machine does
meets all of them alike.
"""

import argparse
import random
import statistics
import time
from typing import Any

import httpx

from tests.support.servers.processes import server_process

WARM_UP = 50
RUNS = 1_000
OURS = "/api/v1/playground/run"
SAID = [{"role": "user", "content": "one two"}]
ASKED: dict[str, tuple[dict[str, Any], str]] = {
    OURS: ({"prompt_text": "one two", "parameters": {"extra": {"delay_ms": 0}}}, '"content": "one'),
    "/v1/chat/completions": ({"messages": SAID, "delay_ms": 0}, '"content": "one'),
    "/v1/responses": ({"input": "one two", "delay_ms": 0}, '"delta": "one'),
    "/v1/messages": ({"messages": SAID, "max_tokens": 50, "delay_ms": 0}, '"text": "one'),
}
"""The body, and what a line has that the first token is in."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help="of each route")
    runs = parser.parse_args().runs
    took: dict[str, list[float]] = {path: [] for path in ASKED}
    with server_process() as url, httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
        for _ in range(WARM_UP + runs):
            for path in sorted(ASKED, key=lambda _: random.random()):
                body, first = ASKED[path]
                took[path].append(_first_token(client, path, {"model": "demo/echo", "stream": True, **body}, first))
    medians = {path: statistics.median(times[WARM_UP:]) for path, times in took.items()}
    for path, median in medians.items():
        added = median - medians[OURS]
        print(f"{path:25} p50 {median:.2f} ms to the first token, {added:+.2f} ms, of {runs}")


def _first_token(client: httpx.Client, path: str, body: dict[str, Any], first: str) -> float:
    """In milliseconds from the request's sending."""
    began = time.perf_counter()
    with client.stream("POST", path, json=body) as response:
        assert response.status_code == 200
        lines = response.iter_lines()
        next(line for line in lines if first in line)
        took = 1000 * (time.perf_counter() - began)
        assert "x-promptyard-dropped" not in response.headers
        list(lines)
    return took


if __name__ == "__main__":
    main()
