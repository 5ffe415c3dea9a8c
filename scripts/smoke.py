"""Tries a deployment from outside, and prints what held: `make smoke URL=… KEY=…`.

A request for each thing that a laptop cannot prove of an account: that a stream comes piece by piece, that an answer
without a body is none, what a failing stream looks like, what becomes of a run whose caller leaves, how much an answer
and a request may hold, how long a start takes. It runs the demo models alone, which cost nothing, and deletes what it
made, but for a prompt, which it archives. PROMPTYARD_API_KEY is the key of a member, none where the server runs open.

With BUS, an event bus's name, and credentials of its account, it also waits for a benchmark's event; with LOGS, the
name of a function's log group, it looks for starts from a snapshot. Ends with 1 where something did not hold.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self
from uuid import uuid4

import httpx

from scripts.smoke_aws import benchmark_event, snapshot_starts

PLAYGROUND = "/api/v1/playground"
PATIENCE_SECONDS = 60.0
WORD_MS = 60
"""Between two words of the demo model."""
CANCEL_SECONDS = 2.5
IMAGE_BYTES = 4_800_000
"""Of an image in a prompt's version, whose answer is then near what Lambda answers with."""
GROUPS = {
    "catalog": "/api/v1/models?limit=1",
    "history": f"{PLAYGROUND}/history?limit=1",
    "prompts": "/api/v1/prompts?limit=1",
    "playgrounds": "/api/v2/genai/playgrounds/?limit=1",
    "benchmarks": "/api/v1/datasets?limit=1",
    "account": "/api/v1/usage",
}
"""A request that is answered by each function."""


class NotHeld(Exception):
    """What was seen in place of what should be. The message is a sentence."""


@dataclass(frozen=True)
class Row:
    name: str
    held: bool | None
    """None: it could not be tried here."""
    seen: str
    seconds: float


class Deployment:
    """Its routes, as somebody with the key calls them."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url.rstrip("/")
        self._headers = {"authorization": f"Bearer {key}"} if key else {}
        self.has_key = bool(key)
        self.name = f"smoke-{uuid4().hex[:12]}"
        """Of what is made."""
        self.connect()

    def connect(self) -> None:
        """By new connections."""
        self.client = httpx.Client(base_url=self._url, headers=self._headers, timeout=PATIENCE_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def ask(self, method: str, path: str, body: Any = None, expected: int = 200) -> httpx.Response:
        """Raises NotHeld for another status."""
        response = (
            self.client.request(method, path, json=body) if body is not None else self.client.request(method, path)
        )
        if response.status_code != expected:
            raise NotHeld(f"{method} {path} answered {response.status_code}: {response.text[:200]}")
        return response

    @contextmanager
    def stream(self, path: str, body: Any) -> Iterator[httpx.Response]:
        with self.client.stream("POST", path, json=body) as response:
            if response.status_code != 200:
                response.read()
                raise NotHeld(f"POST {path} answered {response.status_code}: {response.text[:200]}")
            yield response

    def record(self, run_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GET", f"{PLAYGROUND}/runs/{run_id}").json()
        return found


def slow_run(words: int, model: str = "demo/echo") -> dict[str, Any]:
    text = " ".join(f"word{number}" for number in range(words))
    return {"model": model, "prompt_text": text, "stream": True, "parameters": {"extra": {"delay_ms": WORD_MS}}}


def documented(deployment: Deployment) -> str:
    paths = deployment.ask("GET", "/openapi.json").json()["paths"]
    if f"{PLAYGROUND}/run" not in paths:
        raise NotHeld(f"The document of {len(paths)} paths has no {PLAYGROUND}/run")
    return f"{len(paths)} paths"


def strangers_are_refused(deployment: Deployment) -> str | None:
    if not deployment.has_key:
        return None
    with httpx.Client(base_url=deployment.client.base_url, timeout=PATIENCE_SECONDS) as stranger:
        response = stranger.get(f"{PLAYGROUND}/history")
    if response.status_code not in {401, 403}:
        raise NotHeld(f"A request without a key is answered {response.status_code}")
    return f"{response.status_code}, {response.json()['error']['code']}"


def streams_piece_by_piece(deployment: Deployment) -> str:
    """Pieces have to come about as fast as the model says them: a buffer on the way gives all at once, at the end."""
    words, times, text = 30, [], ""
    began = time.monotonic()
    with deployment.stream(f"{PLAYGROUND}/run", slow_run(words)) as response:
        for piece in response.iter_raw():
            times.append(time.monotonic() - began)
            text += piece.decode()
    ends = text.count("event: done\n") + text.count("event: error\n")
    if ends != 1:
        raise NotHeld(f"The stream has {ends} last events")
    spread, taken = times[-1] - times[0], (words - 1) * WORD_MS / 1000
    if len(times) < words / 2 or spread < taken / 2:
        raise NotHeld(f"{len(times)} pieces within {spread:.2f} s, of a model that speaks for {taken:.2f} s")
    return f"{len(times)} pieces from {times[0]:.2f} to {times[-1]:.2f} s"


def has_answers_without_a_body(deployment: Deployment) -> str:
    run = deployment.ask("POST", f"{PLAYGROUND}/run", {"model": "demo/echo", "prompt_text": "one"}).json()
    response = deployment.ask("DELETE", f"{PLAYGROUND}/runs/{run['id']}", expected=204)
    if response.content:
        raise NotHeld(f"The 204 has {len(response.content)} bytes")
    deployment.ask("GET", f"{PLAYGROUND}/runs/{run['id']}", expected=404)
    return "a run is deleted and gone"


def tells_of_failures_in_streams(deployment: Deployment) -> str:
    targets = [{"model": "demo/echo"}, {"model": "nobody/knows"}]
    with deployment.stream(f"{PLAYGROUND}/compare", {"prompt_text": "one two", "targets": targets}) as response:
        names = [line[7:] for line in response.read().decode().splitlines() if line.startswith("event: ")]
    if not {"done:0", "error:1"} <= set(names) or names[-1] != "end":
        raise NotHeld(f"The events are {', '.join(names)}")
    return "done:0, error:1, end"


def cancels_what_its_caller_left(deployment: Deployment) -> str:
    with deployment.stream(f"{PLAYGROUND}/run", slow_run(600)) as response:
        run_id = response.headers["x-run-id"]
        next(response.iter_raw())
    deployment.client.close()  # the connection is gone, and not only not read
    deployment.connect()
    time.sleep(1)
    before = deployment.record(run_id)["status"]
    began = time.monotonic()
    after = deployment.ask("POST", f"{PLAYGROUND}/runs/{run_id}/cancel").json()["status"]
    taken = time.monotonic() - began
    if after != "cancelled" or taken > CANCEL_SECONDS:
        raise NotHeld(f"The run is {after} {taken:.1f} s after it was asked to stop")
    if before == "running":
        return f"it went on until it was cancelled, which took {taken:.1f} s"
    return "the server noticed that its caller had left"


def answers_with_six_megabytes(deployment: Deployment) -> str:
    url = "data:image/png;base64," + "A" * IMAGE_BYTES
    content = [{"type": "image_url", "image_url": {"url": url}}]
    asked = {"namespace": "smoke", "slug": deployment.name, "messages": [{"role": "user", "content": content}]}
    saved = deployment.ask("POST", f"{PLAYGROUND}/save-version", asked, expected=201).json()
    shown = deployment.ask("GET", f"/api/v1/prompt-versions/{saved['version_id']}")
    if shown.json()["messages"][0]["content"][0]["image_url"]["url"] != url:
        raise NotHeld("The version comes back as another one")
    deployment.ask("DELETE", f"/api/v1/prompts/{saved['prompt_id']}", expected=204)
    return f"{len(shown.content):,} bytes, as they were sent"


def refuses_what_is_too_large(deployment: Deployment) -> str:
    """In one form, whether the function refuses it or, what Lambda does not take, API Gateway."""
    seen, asked = [], json.dumps({"model": "demo/echo", "prompt_text": "one"})
    for count in (3_050_000, 4_000_000):
        body, headers = "\n" * count + asked, {"content-type": "application/json"}
        response = deployment.client.post(f"{PLAYGROUND}/run", content=body, headers=headers)
        code = response.json().get("error", {}).get("code")
        if (response.status_code, code) != (413, "too_large"):
            raise NotHeld(f"{count:,} line breaks are answered {response.status_code}: {response.text[:200]}")
        seen.append(f"{count:,}")
    return f"413 for {' and '.join(seen)} line breaks, which take two bytes each"


def works_on_benchmarks(deployment: Deployment) -> str:
    dataset = deployment.ask("POST", "/api/v1/datasets", {"name": deployment.name}, expected=201).json()["id"]
    deployment.ask("POST", f"/api/v1/datasets/{dataset}/versions", [{"input": "one", "expected": "one"}], expected=201)
    asked = {"name": deployment.name, "dataset_id": dataset, "template": "{{input}}"}
    asked |= {"targets": [{"model": "demo/echo"}], "metrics": [{"metric": "exact_match"}]}
    benchmark = deployment.ask("POST", "/api/v1/benchmarks", asked, expected=201).json()["id"]
    try:
        began = time.monotonic()
        run = deployment.ask("POST", f"/api/v1/benchmarks/{benchmark}/runs", {}, expected=202).json()
        while run["status"] in {"queued", "running"} and time.monotonic() - began < PATIENCE_SECONDS:
            time.sleep(0.5)
            run = deployment.ask("GET", f"/api/v1/benchmark-runs/{run['id']}").json()
        if run["status"] != "completed":
            raise NotHeld(f"The benchmark run {run['id']} is {run['status']} after {PATIENCE_SECONDS:g} s")
        return f"completed after {time.monotonic() - began:.1f} s"
    finally:
        deployment.ask("DELETE", f"/api/v1/benchmarks/{benchmark}", expected=204)
        deployment.ask("DELETE", f"/api/v1/datasets/{dataset}", expected=204)


def starts(deployment: Deployment) -> str:
    """How long each function takes for two requests: the first one may have started it."""
    seen = []
    for group, path in GROUPS.items():
        taken = []
        for _ in range(2):
            began = time.monotonic()
            deployment.ask("GET", path)
            taken.append(round((time.monotonic() - began) * 1000))
        seen.append(f"{group} {taken[0]}/{taken[1]}")
    return "ms: " + ", ".join(seen)


def event_of_a_benchmark(deployment: Deployment) -> str | None:
    bus = os.environ.get("BUS")
    if not bus:
        return None
    with benchmark_event(bus) as came:
        works_on_benchmarks(deployment)
        detail = came(PATIENCE_SECONDS)
    if detail is None:
        raise NotHeld(f"No event of a benchmark came on {bus} within {PATIENCE_SECONDS:g} s")
    return f"{detail['detail-type']}, of {detail['source']}"


def starts_from_a_snapshot(deployment: Deployment) -> str | None:  # noqa: ARG001 - what the log has is of its calls
    group = os.environ.get("LOGS")
    if not group:
        return None
    restored = snapshot_starts(group)
    if not restored:
        raise NotHeld(f"{group} has no start from a snapshot in its last hour")
    return f"{len(restored)} in the last hour, {min(restored):.0f} to {max(restored):.0f} ms"


CHECKS: dict[str, Callable[[Deployment], str | None]] = {
    "each function starts and answers": starts,
    "the OpenAPI document is whole": documented,
    "a stranger is refused": strangers_are_refused,
    "a stream comes piece by piece": streams_piece_by_piece,
    "an answer without a body has none": has_answers_without_a_body,
    "a stream tells what failed in it": tells_of_failures_in_streams,
    "what its caller left can be cancelled": cancels_what_its_caller_left,
    "an answer of nearly 6 MB comes whole": answers_with_six_megabytes,
    "what is too large is a 413 of ours": refuses_what_is_too_large,
    "a benchmark is worked on": works_on_benchmarks,
    "a benchmark's event comes on the bus": event_of_a_benchmark,
    "a function starts from its snapshot": starts_from_a_snapshot,
}


def tried(name: str, check: Callable[[Deployment], str | None], deployment: Deployment) -> Row:
    began = time.monotonic()
    try:
        seen = check(deployment)
        held = None if seen is None else True
    except NotHeld as other:
        seen, held = str(other), False
    except (httpx.HTTPError, ValueError, KeyError, LookupError) as error:
        seen, held = f"{type(error).__name__}: {error}", False
    return Row(name, held, seen or "not tried", time.monotonic() - began)


def shown(rows: list[Row]) -> str:
    words = {True: "held", False: "NOT HELD", None: "–"}
    width = max(len(row.name) for row in rows)
    lines = [f"{row.name:<{width}}  {words[row.held]:<8}  {row.seconds:6.1f} s  {row.seen}" for row in rows]
    return "\n".join(lines)


def main(url: str, key: str) -> int:
    with Deployment(url, key) as deployment:
        rows = [tried(name, check, deployment) for name, check in CHECKS.items()]
    print(shown(rows))
    return 1 if any(row.held is False for row in rows) else 0


if __name__ == "__main__":
    if not os.environ.get("URL"):
        sys.exit("Say where: make smoke URL=https://… KEY=py_live_…")
    sys.exit(main(os.environ["URL"], os.environ.get("PROMPTYARD_API_KEY", "")))
