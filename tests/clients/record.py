"""Writes down what each client of the matrix sends, into tests/fixtures/clients: `python -m tests.clients.record`, with
the names of clients, or for all of them. `make test-clients` installs them.

A body is kept as it came, but for its model and for what is long in it: neither says anything of what a client sends.
"""

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from promptyard_local.aws import open_aws
from tests.clients.matrix import CASES, CLIENTS, MODELS
from tests.clients.provider import PROVIDER, answer_as_provider, asked
from tests.support.aws.observed_client import observed
from tests.support.servers.fake_upstream import Answer, FakeUpstream, Received
from tests.support.servers.server import RunningServer, running_server

FIXTURES = Path(__file__).parents[1] / "fixtures" / "clients"
MODEL = "{model}"
MOST = 200
"""Characters of a text that are kept."""
UNTOLD = ("cancel", "error before", "error within", "models")
"""Cases in which nothing is sent that the others do not send."""


def main(names: list[str]) -> None:
    FIXTURES.mkdir(exist_ok=True)
    for name in names or CLIENTS:
        with _server() as server, FakeUpstream() as door:
            sent: list[dict[str, Any]] = []
            door.answer(lambda request, to=server, kept=sent: _passed_on(request, to, kept))
            _ask(name, door.url)
        kept = [json.loads(text) for text in dict.fromkeys(json.dumps(body, sort_keys=True) for body in sent)]
        (FIXTURES / f"{file_name(name)}.json").write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
        print(name, len(kept))


def file_name(client: str) -> str:
    return client.lower().replace(", ", "-").replace(" ", "-")


@contextmanager
def _server() -> Iterator[RunningServer]:
    aws = observed(open_aws({"PROMPTYARD_DATA_DIR": ":memory:"}))
    with FakeUpstream() as upstream:
        answer_as_provider(upstream)
        with running_server(aws, PROVIDER | {"GROQ_BASE_URL": upstream.url}) as server:
            yield server
    aws.clients.close()
    aws.close()


def _ask(name: str, url: str) -> None:
    client = CLIENTS[name]
    with tempfile.TemporaryDirectory() as folder, client.running(Path(folder)) as program:
        for case in CASES:
            if case not in UNTOLD and case not in client.lacks:
                program.told(case, asked(url, MODELS[case]))


def _passed_on(request: Received, server: RunningServer, kept: list[dict[str, Any]]) -> Answer:
    given = {name: request.headers[name] for name in ("content-type", "anthropic-version") if name in request.headers}
    if request.body:
        kept.append({"path": request.path, "body": sanitised(request.json)})
    with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as client:
        got = client.request(request.method, request.path, content=request.body, headers=given)
    return Answer([got.content], got.status_code, {"content-type": got.headers["content-type"]})


def sanitised(body: Mapping[str, Any]) -> dict[str, Any]:
    return {**{name: _cut(value) for name, value in body.items()}, "model": MODEL}


def _cut(value: Any) -> Any:
    match value:
        case str():
            return value if len(value) <= MOST else f"{value[:MOST]}…"
        case list():
            return [_cut(one) for one in value]
        case dict():
            return {name: _cut(one) for name, one in value.items()}
    return value


if __name__ == "__main__":
    main(sys.argv[1:])
