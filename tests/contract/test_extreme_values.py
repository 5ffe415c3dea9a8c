"""Whatever stands in a field of a request: it is refused, or taken and given back; nothing that was taken breaks what
is read afterwards."""

import io
import json
import random
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from promptyard.domain.account.access import Role
from tests.contract.test_every_post import POSTS, things_of
from tests.contract.test_examples import NAMES_A_THING, requests
from tests.support.doubles.tenancy import As, Tenancy
from tests.support.samples.generated.extremes import fields, values, with_value

GENAI = "/api/v2/genai"
ENDS_THE_TENANT = "/api/v1/tenant/erase"
SAMPLE, WHOLE = 150, 8_000
"""Requests of the small form, and of the large one."""
READ_AFTER = 500
VALUES_AGAIN = 2


class Writer:
    """Sends every body to its route, and reads everything afterwards."""

    def __init__(self, tenancy: Tenancy) -> None:
        self._tenancy = tenancy
        self._admin = As(tenancy, "acme", Role.ADMIN)
        self._other = As(tenancy, "other", Role.ADMIN)  # whose settings are changed
        self._operator = As(tenancy, "operator", Role.OPERATOR)
        self._things = things_of(self._admin) | {"provider": "openai", "label": "production", "tenant_id": "other"}
        configuration = self._admin(
            "POST",
            f"{GENAI}/playgrounds/{self._things['playgroundId']}/ootbMetricConfigurations/",
            {"ootbMetricName": "latency"},
        )
        self._things["ootbMetricConfigurationId"] = configuration.json()["ootbMetricConfigurationId"]
        self.document: dict[str, Any] = tenancy.client.get("/openapi.json").json()
        self.taken: list[str] = []
        self.failures: list[str] = []

    def cases(self, chosen: random.Random) -> Iterator[tuple[str, str, str]]:
        """Method, path and body. What several requests have alike is tried with every value in the first of them."""
        tried: set[tuple[str, Any]] = set()
        for method, path, name in requests(self.document):
            if path == ENDS_THE_TENANT:
                continue
            body = self._body(method, path, name)
            for field in fields(self.document, name):
                extremes = values(field)
                if field.of in tried:
                    extremes = chosen.sample(extremes, min(len(extremes), VALUES_AGAIN))
                tried.add(field.of)
                for value in extremes:
                    yield method, path, with_value(self.document, name, body, field.path, value)

    def _body(self, method: str, path: str, name: str) -> Any:
        examples = self.document["components"]["schemas"][name].get("examples")
        body = examples[0] if examples and (name, path) not in NAMES_A_THING else None
        if body is None:
            body = POSTS[path].body if method == "POST" else {}
        return json.loads(self._named(json.dumps(body)))

    def _named(self, text: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda found: self._things.get(found[1], found[0]), text)

    def send(self, method: str, path: str, body: str) -> None:
        caller = self._operator if "/tenants" in path else self._admin
        headers = {"authorization": f"Bearer {caller.key}", "content-type": "application/json"}
        answer = self._tenancy.client.request(method, self._named(path), content=body.encode(), headers=headers)
        shown = f"{method} {path} {body[:2000]}"
        if answer.status_code >= 500 and answer.status_code != 502:
            self.failures.append(f"{shown}: {answer.status_code}")
        if answer.status_code < 300:
            self.taken.append(shown)

    def read_everything(self) -> None:
        """Lists, every thing in them, and exports."""
        after = "\n".join(self.taken)
        self.taken.clear()
        for path, methods in self.document["paths"].items():
            if "get" not in methods or path.endswith("/events") or "{upload_id}" in path:
                continue
            url = self._named(path)
            if "{" in url:
                continue
            self._read(url, after)
        for url in (
            "/api/v1/playground/history/export?format=csv",
            "/api/v1/usage/ledger?format=csv",
            f"/api/v1/datasets/{self._things['dataset_id']}/export?format=csv",
            f"/api/v1/datasets/{self._things['dataset_id']}/export?format=promptfoo",
            f"/api/v1/benchmark-runs/{self._things['benchmark_run_id']}/report?format=html",
            f"/api/v1/benchmark-runs/{self._things['benchmark_run_id']}/results?format=csv",
        ):
            self._read(url, after)
        for caller in (self._admin, self._other):
            self._read_archive(caller, after)

    def _read_archive(self, caller: As, after: str) -> None:
        archive = caller("POST", "/api/v1/tenant/export")
        assert archive.status_code == 200, after
        opened = zipfile.ZipFile(io.BytesIO(archive.content))
        assert opened.testzip() is None, after
        for name in opened.namelist():
            for line in opened.read(name).decode().splitlines():
                json.loads(line, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))

    def _read(self, url: str, after: str) -> None:
        """Every page of it, and what has an id in it by itself."""
        caller = self._operator if "/tenants" in url else self._admin
        page_url: str | None = url
        while page_url is not None:
            answer = caller("GET", page_url)
            if answer.status_code >= 500:
                self.failures.append(f"{page_url}: {answer.status_code} after\n{after}")
            page_url = None
            if answer.status_code == 200 and answer.headers["content-type"] == "application/json":
                page = answer.json()
                cursor = page.get("next_cursor") if isinstance(page, dict) else None
                if cursor:
                    page_url = f"{url}?limit=100&cursor={cursor}"


@pytest.fixture
def writer(tenancy: Tenancy) -> Writer:
    return Writer(tenancy)


@pytest.mark.parametrize("size", [SAMPLE, pytest.param(WHOLE, marks=pytest.mark.hard)])
def test_no_extreme_value_in_any_field_breaks_anything(writer: Writer, size: int) -> None:
    seed = random.randrange(10**9)
    print("seed", seed)  # shown where it fails
    chosen = random.Random(seed)
    cases = list(writer.cases(chosen))
    for number, case in enumerate(chosen.sample(cases, size), 1):
        writer.send(*case)
        if number % READ_AFTER == 0:
            writer.read_everything()
    writer.read_everything()
    assert writer.failures == []
