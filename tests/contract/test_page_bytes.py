"""Whatever is stored, an answer has its bounds in bytes: pages go on where there is no more room, and what is too large
for any page is left out and named."""

import json
from typing import Any

import pytest

from promptyard.domain.identifiers import time_ordered_id
from promptyard.domain.models.messages import Message, user_prompt
from promptyard.domain.runs.kept_answer import MAX_ANSWER_BYTES, MAX_TEXT_BYTES, kept_answer
from promptyard.domain.runs.run import Run, RunLinks
from tests.support.doubles.tenancy import Tenancy
from tests.support.samples.chat_answers import DONE, EVENT_STREAM, frame
from tests.support.samples.sample_runs import new_run, settled
from tests.support.servers.fake_upstream import Answer, FakeUpstream
from tests.support.servers.server import RunningServer

PLAYGROUND = "/api/v1/playground"
GENAI = "/api/v2/genai"
MOST = 6_000_000
"""Bytes that a function may answer with where it does not stream."""
RUNS = 9
IMAGE = "data:image/png;base64," + "A" * 4_800_000


def large_run(number: int, **links: Any) -> Run:
    """With the longest answer that is kept; every third one with the largest prompt that a request may bring."""
    image = {"type": "image_url", "image_url": {"url": IMAGE}}
    messages = [Message.model_validate({"role": "user", "content": [image]})] if number % 3 == 0 else user_prompt("Hi")
    run = new_run(messages=messages, links=RunLinks(**links))
    return kept_answer(settled(run, output="\U0001f600" * 1_000_000, reasoning='"' * 2_000_000))


def pages(server: RunningServer, path: str, limit: int = 100) -> list[list[Any]]:
    found, cursor = [], None
    while True:
        asked = {"limit": limit} | ({} if cursor is None else {"cursor": cursor})
        answer = server.client.get(path, params=asked)
        assert answer.status_code == 200
        assert len(answer.content) <= MOST, (path, len(answer.content))
        page = answer.json()
        found.append(page["items"])
        cursor = page["next_cursor"]
        if cursor is None:
            return found


@pytest.fixture
def runs(server: RunningServer) -> list[Run]:
    """Of one playground, one version and one comparison."""
    post = server.client.post
    playground = post(f"{GENAI}/playgrounds/", json={"name": "a", "description": "", "useCaseId": "b"}).json()["id"]
    version = post(f"{PLAYGROUND}/save-version", json={"namespace": "a", "slug": "b", "content": "Hi"}).json()
    links = {"playground_id": playground, "version_id": version["version_id"], "comparison_id": time_ordered_id()}
    made = [large_run(number, **links, comparison_index=number) for number in range(RUNS)]

    async def store(services: Any) -> None:
        for run in made:
            await services.runs.store.add(run)

    Tenancy(server).run(store)
    return made


def test_every_answer_with_large_runs_has_its_bounds(server: RunningServer, runs: list[Run]) -> None:
    links, newest_first = runs[0].links, [run.id for run in reversed(runs)]
    for path in (f"{PLAYGROUND}/history", f"{GENAI}/playgrounds/{links.playground_id}/runs/"):
        found = pages(server, path)
        assert [item["id"] for page in found for item in page] == newest_first
        assert len(found) > 1
        for item, run in zip((item for page in found for item in page), reversed(runs), strict=True):
            assert item["output"] == run.output
            assert item["cut"]["output"] == 4_000_000
            whole = item["messages"] == [message.wire() for message in run.messages]
            assert whole or (item["messages"] == [] and item["cut"]["messages"] > 4_800_000)
    comparison = server.client.get(f"{PLAYGROUND}/comparisons/{links.comparison_id}")
    assert len(comparison.content) <= MOST
    assert [item["id"] for item in comparison.json()["runs"]] == [run.id for run in runs]
    by_version = server.client.get(f"{PLAYGROUND}/runs/by-version/{links.version_id}", params={"limit": 100})
    assert len(by_version.content) <= MOST
    assert by_version.json()[0]["id"] == newest_first[0]


def test_a_run_by_itself_and_an_export_are_whole(server: RunningServer, runs: list[Run]) -> None:
    run = runs[0]
    shown = server.client.get(f"{PLAYGROUND}/runs/{run.id}").json()
    assert shown["messages"][0]["content"][0]["image_url"]["url"] == IMAGE
    assert shown["output"] == run.output
    lines = server.client.get(f"{PLAYGROUND}/history/export").text.splitlines()
    assert [json.loads(line)["messages"] for line in lines] == [
        [message.wire() for message in run.messages] for run in reversed(runs)
    ]


def test_pages_of_rows_and_blueprints_have_their_bounds(server: RunningServer) -> None:
    post = server.client.post
    dataset = post("/api/v1/datasets", json={"name": "a"}).json()["id"]
    for start in range(0, 12, 3):
        rows = [{"question": f"{start + number} " + '"' * 480_000} for number in range(3)]
        assert post(f"/api/v1/datasets/{dataset}/versions", json=rows).status_code == 201
    path = f"/api/v1/datasets/{dataset}/rows"
    large = [{"question": f"{number} " + "é" * 450_000} for number in range(5)]
    assert (
        post(
            f"/api/v1/datasets/{dataset}/versions",
            content=json.dumps(large, ensure_ascii=False).encode(),
            headers={"content-type": "application/json"},
        ).status_code
        == 201
    )
    assert [item["number"] for page in pages(server, path) for item in page] == [1, 2, 3, 4, 5]

    playground = post(f"{GENAI}/playgrounds/", json={"name": "a", "description": "", "useCaseId": "b"}).json()["id"]
    settings = {"systemPrompt": "x" * 280_000}
    for number in range(25):
        blueprint = {"playgroundId": playground, "name": str(number), "llmId": "demo/echo", "llmSettings": settings}
        assert post(f"{GENAI}/llmBlueprints/", json=blueprint).status_code == 201
    url, names = f"{GENAI}/llmBlueprints/?sort=creationDate", []
    while url is not None:
        answer = server.client.get(url)
        assert len(answer.content) <= MOST
        names += [blueprint["name"] for blueprint in answer.json()["data"]]
        assert answer.json()["totalCount"] == 25
        url = answer.json()["next"]
    assert names == [str(number) for number in range(25)]


@pytest.mark.parametrize("stream", [False, True])
def test_of_an_answer_that_is_too_long_the_beginning_is_kept_and_the_stream_has_it_all(
    server: RunningServer, upstream: FakeUpstream, stream: bool
) -> None:
    text = "0123456789" * 150_000
    pieces = [frame({"content": text[start : start + 50_000]}) for start in range(0, len(text), 50_000)]
    upstream.answer(Answer([*pieces, frame({}, "stop"), DONE], headers=EVENT_STREAM))
    body = {"provider": "custom", "model": "m", "custom_base_url": upstream.url, "prompt_text": "Hi", "stream": stream}
    answer = server.client.post(f"{PLAYGROUND}/run", json=body)
    kept = text[: MAX_TEXT_BYTES - 2]
    if stream:
        frames = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]
        assert "".join(frame.get("content", "") for frame in frames) == text
        assert frames[-1]["cut"] == {"output": len(text)}
        run_id = frames[-1]["id"]
    else:
        assert answer.json()["output"] == kept
        assert answer.json()["cut"] == {"output": len(text)}
        run_id = answer.json()["id"]
    record = server.client.get(f"{PLAYGROUND}/runs/{run_id}").json()
    assert (record["output"], record["cut"], record["status"]) == (kept, {"output": len(text)}, "succeeded")
    assert len(kept) < MAX_ANSWER_BYTES
