"""How long a page of 1,000 playgrounds takes, sorted and searched: python -m tests.performance.playgrounds

Client and server are two processes on this machine. `tests/unit/storage/playgrounds/test_playgrounds.py` counts the
requests to the store: one a megabyte of playgrounds, whatever the page.
"""

import statistics
import time

import httpx

from tests.support.servers.processes import server_process

PLAYGROUNDS = "/api/v2/genai/playgrounds/"
NUMBER = 1_000
ROUNDS = 20
QUERIES = (
    "",
    "limit=20",
    "sort=name",
    "sort=-description",
    "sort=savedLLMBlueprintsCount",
    "search=playground%209",
    "useCaseId=use-case-3&useCaseId=use-case-4",
    "offset=900",
)


def main() -> None:
    with server_process() as url, httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
        for number in range(NUMBER):
            body = {"name": f"Playground {number}", "description": "word " * 40, "useCaseId": f"use-case-{number % 10}"}
            assert client.post(PLAYGROUNDS, json=body).status_code == 201
        for query in QUERIES:
            times = []
            for _ in range(ROUNDS):
                began = time.perf_counter()
                page = client.get(f"{PLAYGROUNDS}?{query}").json()
                times.append(1000 * (time.perf_counter() - began))
            found = f"{page['count']} of {page['totalCount']}"
            print(
                f"{query or 'no query':45} {found:>12}   p50 {statistics.median(times):6.1f} ms, worst {max(times):.1f}"
            )


if __name__ == "__main__":
    main()
