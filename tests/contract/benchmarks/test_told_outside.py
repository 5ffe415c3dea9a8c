"""From an upload to a webhook, over real HTTP: what happens by itself between the two."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Thread
from typing import Any

import pytest

from tests.contract.benchmarks.test_carried_out import (
    BENCHMARKS,
    DATASETS,
    PATIENCE_SECONDS,
    RUNS,
    ended,
    rows_of,
    words,
)
from tests.support.servers.server import RunningServer

Told = tuple[dict[str, str], bytes]


class Receiver:
    """A server of somebody's on this machine; `told` is what it was sent."""

    def __init__(self) -> None:
        self.told: Queue[Told] = Queue()
        told = self.told

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                told.put(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


def is_signed(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """As docs/benchmarks.md tells whoever receives it."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    is_now = abs(time.time() - int(headers["webhook-timestamp"])) < 300
    return is_now and hmac.compare_digest(expected, headers["webhook-signature"])


def test_an_upload_starts_the_benchmark_whose_end_is_told(server: RunningServer, receiver: Receiver) -> None:
    dataset = rows_of(server, words(1))
    definition = {
        "name": "Words",
        "dataset_id": dataset,
        "template": "{{word}}",
        "targets": [{"model": "demo/echo"}],
        "metrics": [{"metric": "exact_match"}],
        "gates": [{"metric": "exact_match", "op": ">=", "value": 0.9}],
        "watch": {"dataset": True},
        "webhook_url": receiver.url,
    }
    benchmark = server.client.post(BENCHMARKS, json=definition).json()
    upload = server.client.post(f"{DATASETS}/{dataset}/versions?format=jsonl", json={"upload": True}).json()
    file = "\n".join(json.dumps(row) for row in words(20))
    assert server.client.put(upload["url"], content=file).status_code < 300

    headers, body = receiver.told.get(timeout=PATIENCE_SECONDS)
    assert is_signed(benchmark["webhook_secret"], headers, body)
    assert not is_signed(benchmark["webhook_secret"], headers, body + b" ")
    told = json.loads(body)
    assert told["type"] == "promptyard.benchmark.completed"
    data = told["data"]
    assert (data["benchmark_id"], data["status"], data["passed"]) == (benchmark["id"], "completed", True)
    run = ended(server, data["run_id"])
    assert (run["trigger"], run["dataset_version"], run["cells"]["done"]) == ("dataset", 2, 20)
    assert server.client.get(data["report_url"]).json()["rows"] == 20
    listed = server.client.get(f"{RUNS}", params={"benchmark_id": benchmark["id"]}).json()["items"]
    assert [one["id"] for one in listed] == [run["id"]]
    assert deliveries_of(server, benchmark["id"]) == [(headers["webhook-id"], 204)]


def deliveries_of(server: RunningServer, benchmark_id: str) -> list[tuple[str, int]]:
    """Once there is one: it is kept after it was answered."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < give_up:
        found = server.client.get(f"{BENCHMARKS}/{benchmark_id}/webhook-deliveries").json()["items"]
        if found:
            return [(one["webhook_id"], one["status"]) for one in found]
        time.sleep(0.05)
    raise AssertionError("no delivery is listed")
