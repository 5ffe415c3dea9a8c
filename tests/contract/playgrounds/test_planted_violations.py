"""500 answers with personal data planted in them, through a guard that blocks, streamed on every route that streams,
however the provider cuts them: nothing of them leaves, and nothing of them is anywhere to be found afterwards."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from tests.support.aws.events import Event, post_for_events
from tests.support.samples.planted import PROVIDER, Plant, planted, script
from tests.support.servers.fake_upstream import FakeUpstream
from tests.support.servers.server import RunningServer, StartServer

PLAYGROUND = "/api/v1/playground"
GENAI = "/api/v2/genai"
MESSAGE = "This answer was withheld."
NUMBER = 500

Ask = Callable[[Sequence[Plant]], tuple[str, dict[str, Any]]]


@pytest.fixture
def server(start_server: StartServer, upstream: FakeUpstream) -> RunningServer:
    return start_server({"OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": upstream.url})


def guarded_playground(server: RunningServer) -> str:
    body = {"name": "n", "description": "d", "useCaseId": "u"}
    playground = str(server.client.post(f"{GENAI}/playgrounds/", json=body).json()["id"])
    guard = {
        "ootbMetricName": "pii_violation",
        "moderationConfiguration": {
            "guardConditions": [{"comparator": "greaterThan", "comparand": 0}],
            "intervention": {"action": "reportAndBlock", "message": MESSAGE},
        },
    }
    made = server.client.post(f"{GENAI}/playgrounds/{playground}/ootbMetricConfigurations/", json=guard)
    assert made.status_code == 201
    return playground


class Routes:
    """Every route that streams, each with the request for some plants: path, body, and how many it takes at once."""

    def __init__(self, server: RunningServer, playground: str) -> None:
        self._post = server.client.post
        self._playground = playground
        saved = {"namespace": "a", "slug": "b", "content": "Say {{what}}."}
        self._version = self._post(f"{PLAYGROUND}/save-version", json=saved).json()["version_id"]
        first = {"model": "demo/echo", "prompt_text": "Say it.", "playground_id": playground}
        self._first_run = self._post(f"{PLAYGROUND}/run", json=first).json()["id"]

    def all(self) -> list[tuple[int, Ask]]:
        return [
            (1, self._run),
            (1, self._template),
            (1, self._saved_version),
            (1, self._rerun),
            (1, self._blueprint),
            (10, self._compare),
            (10, self._models),
            (10, self._versions),
        ]

    def _run(self, plants: Sequence[Plant]) -> tuple[str, dict[str, Any]]:
        return f"{PLAYGROUND}/run", {"provider": PROVIDER, "model": plants[0].model, "prompt_text": "Say it."}

    def _template(self, plants: Sequence[Plant]) -> tuple[str, dict[str, Any]]:
        model = {"id": "m", "model": f"{PROVIDER}/{plants[0].model}"}
        return f"{PLAYGROUND}/run", self._filled_in() | {"model_config": model}

    def _saved_version(self, plants: Sequence[Plant]) -> tuple[str, dict[str, Any]]:
        body = {"variables": {"what": "it"}, "model_config": {"model": f"{PROVIDER}/{plants[0].model}"}}
        return f"{PLAYGROUND}/run-version/{self._version}", body

    def _rerun(self, plants: Sequence[Plant]) -> tuple[str, dict[str, Any]]:
        return f"{PLAYGROUND}/runs/{self._first_run}/rerun", {"provider": PROVIDER, "model": plants[0].model}

    def _blueprint(self, plants: Sequence[Plant]) -> tuple[str, dict[str, Any]]:
        body = {"playgroundId": self._playground, "name": "b", "llmId": f"{PROVIDER}/{plants[0].model}"}
        made = self._post(f"{GENAI}/llmBlueprints/", json=body)
        return f"{GENAI}/llmBlueprints/{made.json()['id']}/run/", {"prompt_text": "Say it."}

    def _compare(self, plants: Sequence[Plant]) -> tuple[str, dict[str, Any]]:
        targets = [{"provider": PROVIDER, "model": plant.model} for plant in plants]
        return f"{PLAYGROUND}/compare", {"prompt_text": "Say it.", "targets": targets}

    def _models(self, plants: Sequence[Plant]) -> tuple[str, dict[str, Any]]:
        models = [{"id": plant.model, "model": f"{PROVIDER}/{plant.model}"} for plant in plants]
        return f"{PLAYGROUND}/run-multi", self._filled_in() | {"models": models}

    def _versions(self, plants: Sequence[Plant]) -> tuple[str, dict[str, Any]]:
        versions = [{"version_id": self._version, "model": f"{PROVIDER}/{plant.model}"} for plant in plants]
        return f"{PLAYGROUND}/run-versions", {"versions": versions, "variables": {"what": "it"}}

    def _filled_in(self) -> dict[str, Any]:
        return {"type": "text", "template_text": "Say {{what}}.", "variables": {"what": "it"}}


def text_and_end(events: Sequence[Event], index: int, of: int) -> tuple[str, Any]:
    """What came of one target's text before the message, and its last event's data."""
    chunk, done = ("message", "done") if of == 1 else (f"chunk:{index}", f"done:{index}")
    text = "".join(event.data["content"] for event in events if event.name == chunk)
    [end] = [event.data for event in events if event.name == done]
    assert text.endswith(MESSAGE)
    return text.removesuffix(MESSAGE), end


def check(plant: Plant, text: str, end: Any) -> None:
    assert plant.secret not in text, plant
    assert plant.in_tool_call or plant.text[: plant.first].startswith(text), plant
    assert (end["finish_reason"], end["tool_calls"]) == ("filter", None), plant
    assert end["moderation"]["action"] == "reportAndBlock", plant
    assert plant.secret not in json.dumps(end, ensure_ascii=False), plant


def everything_shown(server: RunningServer, playground: str) -> Iterator[str]:
    """All that the API shows afterwards, as text that is escaped nowhere."""
    base = f"{GENAI}/playgrounds/{playground}"
    pages = (
        f"{PLAYGROUND}/history?limit=100",
        f"{base}/runs/?limit=100",
        f"{base}/moderationReports/?limit=100",
        "/api/v1/usage/ledger?limit=100",
        "/api/v1/audit?limit=100",
    )
    for path in pages:
        cursor: str | None = ""
        while cursor is not None:
            page = server.client.get(path + (f"&cursor={cursor}" if cursor else "")).json()
            yield json.dumps(page, ensure_ascii=False)
            cursor = page["next_cursor"]
    for item in server.client.get(f"{PLAYGROUND}/history?limit=100").json()["items"]:
        if item["comparison_id"] is not None:
            yield server.client.get(f"{PLAYGROUND}/comparisons/{item['comparison_id']}").text
    yield json.dumps(server.client.get(f"{base}/ootbMetricConfigurations/").json(), ensure_ascii=False)
    yield server.client.get(f"{PLAYGROUND}/history/export?format=csv").text
    for line in server.client.get(f"{PLAYGROUND}/history/export").text.splitlines():
        yield json.dumps(json.loads(line), ensure_ascii=False)


def everything_stored(server: RunningServer) -> Iterator[str]:
    aws = server.aws
    for variable, name in aws.names.items():
        if variable.endswith("_TABLE"):
            for page in aws.clients.dynamodb().get_paginator("scan").paginate(TableName=name):
                yield from (_strings(item) for item in page["Items"])
        elif variable.endswith("_BUCKET"):
            for entry in aws.clients.s3().list_objects_v2(Bucket=name).get("Contents", []):
                yield aws.clients.s3().get_object(Bucket=name, Key=entry["Key"])["Body"].read().decode()


def _strings(item: Any) -> str:
    return json.dumps(item, default=str, ensure_ascii=False).replace("\\\\", "\\").replace('\\"', '"')


def test_of_500_planted_violations_none_leaves_and_none_is_kept(
    server: RunningServer, upstream: FakeUpstream, caplog: pytest.LogCaptureFixture
) -> None:
    plants = planted(NUMBER, seed=47)
    upstream.answer(script(plants))
    playground = guarded_playground(server)
    routes = Routes(server, playground).all()
    left = list(plants)
    number = 0
    while left:
        width, ask = routes[number % len(routes)]
        number += 1
        asked, left = left[:width], left[width:]
        path, body = ask(asked)
        body |= {"stream": True} | ({} if "llmBlueprints" in path else {"playground_id": playground})
        with_key = {"idempotency-key": f"request-{number}"}
        for _ in range(2 if number % 5 == 0 else 1):  # the second time the kept answer is given
            server.client.headers.update(with_key)
            response, events = post_for_events(server.client, path, body)
            server.client.headers.pop("idempotency-key")
            assert response.status_code == 200, response.text
            for index, plant in enumerate(asked):
                check(plant, *text_and_end(events, index, len(asked)))
    assert len({request.model for request in upstream.requests}) == NUMBER

    blocked = server.client.get(f"{PLAYGROUND}/history/export?status=blocked").text
    assert len(blocked.splitlines()) == NUMBER
    places = [*everything_shown(server, playground), *everything_stored(server), caplog.text]
    assert sum(map(len, places)) > 1_000_000
    for plant in plants:
        assert not any(plant.secret in place for place in places), plant


def prompt_bodies(server: RunningServer, playground: str, text: str) -> list[tuple[str, dict[str, Any]]]:
    """Every route that takes a prompt, or values for one, with this text in it."""
    saved = {"namespace": "a", "slug": "b", "content": "Say {{what}}."}
    version = server.client.post(f"{PLAYGROUND}/save-version", json=saved).json()["version_id"]
    blueprint = {"playgroundId": playground, "name": "b", "llmId": "openai/gpt-4o"}
    made = server.client.post(f"{GENAI}/llmBlueprints/", json=blueprint).json()["id"]
    target, model = {"model": "gpt-4o"}, {"id": "m", "model": "gpt-4o"}
    template = {"type": "text", "template_text": "Say {{what}}.", "variables": {"what": text}}
    return [
        (f"{PLAYGROUND}/run", {**target, "prompt_text": text}),
        (f"{PLAYGROUND}/run", {**target, "prompt_text": "Hi", "system": text, "reference": text, "documents": [text]}),
        (f"{PLAYGROUND}/run", {**template, "model_config": model}),
        (f"{PLAYGROUND}/run", {**target, "prompt_text": "Hi", "parameters": {"extra": {"metadata": {"who": text}}}}),
        (f"{PLAYGROUND}/run-version/{version}", {"variables": {"what": text}, "model_config": model}),
        (f"{PLAYGROUND}/compare", {"prompt_text": text, "targets": [target, target], "stream": False}),
        (f"{PLAYGROUND}/run-multi", {**template, "models": [model]}),
        (
            f"{PLAYGROUND}/run-versions",
            {"versions": [{"version_id": version, **target}], "variables": {"what": text}},
        ),
        ("/v1/playground/compare", {"prompt": text, "provider": "openai", "provider_key": "sk-test"}),
        (f"{GENAI}/llmBlueprints/{made}/run/", {"prompt_text": text}),
    ]


def test_of_a_blocked_prompt_nothing_is_sent_and_nothing_is_kept_on_any_route(
    server: RunningServer, upstream: FakeUpstream, caplog: pytest.LogCaptureFixture
) -> None:
    playground = guarded_playground(server)
    [plant] = planted(1, seed=3)
    bodies = prompt_bodies(server, playground, plant.text)
    for number, (path, body) in enumerate(bodies):
        asked = body | ({} if "llmBlueprints" in path else {"playground_id": playground})
        for _ in range(2):
            headers = {"idempotency-key": f"prompt-{number}"}
            response = server.client.post(path, json=asked, headers=headers)
            assert response.status_code == 200, response.text
            assert MESSAGE in response.text
            assert plant.secret not in json.dumps(response.json(), ensure_ascii=False)
    assert upstream.requests == []
    assert server.client.get(f"{PLAYGROUND}/history?limit=100").json()["total"] == len(bodies) + 2
    places = [*everything_shown(server, playground), *everything_stored(server), caplog.text]
    assert not any(plant.secret in place for place in places)
