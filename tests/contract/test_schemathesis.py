"""Requests made of /openapi.json, those that it describes and those that it does not, against the local server, which
asks for keys: no answer is a failure of the server, and every one is as the document says. `SCHEMATHESIS_EXAMPLES`: how
many generated requests a route gets, beside those that schemathesis makes of each schema's bounds."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.samples.wire.things import things_of

REPOSITORY = Path(__file__).parents[2]
SCHEMATHESIS = REPOSITORY / ".venv-schemathesis" / "bin" / "schemathesis"
SETTINGS = REPOSITORY / "tests" / "support" / "samples" / "wire" / "schemathesis.toml"
EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "5"))
TENANTS = "^/api/v1/tenants"


@dataclass(frozen=True, slots=True)
class Served:
    url: str
    operator_key: str
    log: Path


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """The local server in a process of its own, which asks for keys, and an operator's."""
    log, data = folder / "log", str(folder / "data")
    variables = {"PATH": os.environ["PATH"], "PORT": "0", "PROMPTYARD_DATA_DIR": data, "PROMPTYARD_AUTH": "required"}
    make_key = [sys.executable, "-m", "promptyard_local.admin", "make-operator-key", "--name", "fuzz"]
    key = subprocess.run(make_key, env=variables, capture_output=True, text=True, check=True).stdout.strip()
    command = [sys.executable, "-m", "promptyard_local"]
    with (
        log.open("w") as errors,
        subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        try:
            assert process.stdout is not None
            found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
            assert found, log.read_text()
            yield Served(found.group(), key, log)
        finally:
            process.terminate()
            process.wait(30)


def with_nulls(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document, which also says what docs/api.md does: null stands for an optional field of a body that is not
    given. Said of each field, generators of clients would make three states of two."""
    schemas: dict[str, Any] = document["components"]["schemas"]
    for name in _reached(list(_bodies(document)), schemas):
        schema = schemas[name]
        for field, described in schema.get("properties", {}).items():
            if field not in schema.get("required", ()):
                schema["properties"][field] = {"anyOf": [described, {"type": "null"}]}
    return dict(document)


def _bodies(document: Mapping[str, Any]) -> Iterator[Any]:
    for methods in document["paths"].values():
        for operation in methods.values():
            yield operation.get("requestBody", {})


def _reached(value: Any, schemas: Mapping[str, Any]) -> set[str]:
    """The schemas that it refers to, and those that these do."""
    found: set[str] = set()
    ahead = [value]
    while ahead:
        for name in re.findall(r'"#/components/schemas/(\w+)"', json.dumps(ahead.pop())):
            if name not in found:
                found.add(name)
                ahead.append(schemas[name])
    return found


def settings(things: Mapping[str, str]) -> str:
    """The file's, and the ids of things that there are, which most requests name."""
    lines = [SETTINGS.read_text(), "[parameters]"]
    lines += [f'"path.{name}" = {{ dictionary = "{name}", probability = 0.7 }}' for name in things]
    for name, thing in things.items():
        lines += [f"[dictionaries.{name}]", f"values = {json.dumps([thing])}"]
    return "\n".join(lines)


class Runs:
    """Of schemathesis, on one server. `cases`: how many requests they made; `failures`: what they say."""

    def __init__(self, server: Served, folder: Path, things: Mapping[str, str]) -> None:
        self.cases = 0
        self.failures: list[str] = []
        self._url = server.url
        self._folder = folder
        document = httpx.get(f"{server.url}/openapi.json", timeout=60, trust_env=False).json()
        (folder / "openapi.json").write_text(json.dumps(with_nulls(document)))
        (folder / "schemathesis.toml").write_text(settings(things))

    def run(self, key: str, *more: str) -> None:
        report = self._folder / "report.json"
        command = [str(SCHEMATHESIS), "--config-file", "schemathesis.toml", "run", "openapi.json", "--url", self._url]
        command += ["--header", f"Authorization: Bearer {key}", "--seed", "1", "--no-color"]
        command += ["--report", "json", "--report-json-path", str(report), "--max-examples", str(EXAMPLES)]
        environment = {"PATH": os.environ["PATH"], "HOME": str(self._folder)}
        done = subprocess.run(
            [*command, *more], cwd=self._folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode in {0, 1}, done.stdout + done.stderr
        told = json.loads(report.read_text())
        assert told["complete"], done.stdout
        assert told["operations"]["tested"] > 0
        self.cases += told["test_cases"]["generated"]
        if told["failures"] or told["errors"]:
            self.failures.append(done.stdout)


@pytest.mark.hard
def test_what_is_sent_whatever_it_is_is_answered_as_the_document_says(tmp_path: Path) -> None:
    with served(tmp_path) as server, httpx.Client(base_url=server.url, trust_env=False, timeout=30) as client:
        operator = {"authorization": f"Bearer {server.operator_key}"}
        made = client.post("/api/v1/tenants", json={"name": "Acme"}, headers=operator).json()
        admin_key = made["admin_key"]["key"]

        def send(method: str, path: str, body: Any) -> httpx.Response:
            return client.request(method, path, json=body, headers={"authorization": f"Bearer {admin_key}"})

        runs = Runs(server, tmp_path, things_of(send) | {"tenant_id": made["id"]})
        runs.run(admin_key, "--phases", "examples,coverage,fuzzing", "--exclude-method", "DELETE")
        runs.run(server.operator_key, "--phases", "coverage,fuzzing", "--include-path-regex", TENANTS)
        runs.run(admin_key, "--phases", "stateful")
        runs.run(admin_key, "--phases", "coverage,fuzzing", "--include-method", "DELETE")

    print(f"{runs.cases} cases")  # pytest shows it with -rP
    assert runs.failures == [], "\n".join(runs.failures)
    assert runs.cases >= 10_000
    logged = server.log.read_text()
    assert '"level":"ERROR"' not in logged
    assert admin_key not in logged
    assert server.operator_key not in logged
