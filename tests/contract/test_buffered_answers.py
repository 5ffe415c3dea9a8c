"""Whatever is stored, Lambda takes every answer of the functions that do not stream; and what Lambda would not be
given, a laptop refuses, too. What is stored came by requests that Lambda takes, but for what is many."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from functions.local import create_local_app
from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.whole import whole
from promptyard.domain.lambda_payloads import MAX_CARRIED_BYTES, carried_bytes
from promptyard.domain.playgrounds.metric_configurations import MAX_CONFIGURATIONS
from promptyard.domain.prompts.names import version_id
from promptyard.domain.prompts.prompt import MAX_ALIASES, MAX_LABELS, Prompt, PromptContent, PromptVersion
from promptyard.settings import Settings
from promptyard_local.aws import LAPTOP_DEFAULTS, LocalAws
from tests.contract.test_page_bytes import large_run
from tests.support.aws.gateway_events import gateway_event
from tests.support.aws.lambda_function import MOST_OF_A_REQUEST, LambdaFunction, event_bytes
from tests.support.servers.packages import CDK, GROUPS, REPOSITORY

MOST = 6_000_000
DOCUMENT = json.loads((REPOSITORY / "functions" / "catalog" / "openapi.json").read_text())
GENAI = "/api/v2/genai"
PLAYGROUND = "/api/v1/playground"
CHARACTERS = ('"', "\\", "\n", "\x01", "x", "é", "\U0001f600", "\x7f")
"""Each takes another size as JSON, and as JSON in JSON."""


@dataclass
class Filled:
    """`looked_at`: the paths that were asked, as `routes.json` has them."""

    function: LambdaFunction
    services: Parts
    precise: bool = False
    """Whether `largest` looks for the very largest."""
    looked_at: set[str] = field(default_factory=set)

    def look(self, path: str, query: str = "", **ids: str) -> Any:
        self.looked_at.add(path)
        return self.function.get(path.format(**ids) + query, MOST)

    def page_through(self, path: str, **ids: str) -> list[Any]:
        """What all pages hold."""
        page = self.look(path, "?limit=100", **ids)
        found = list(page["items"])
        while page["next_cursor"] is not None:
            page = self.look(path, f"?limit=100&cursor={page['next_cursor']}", **ids)
            found += page["items"]
        return found

    def page_by_offset(self, path: str) -> list[Any]:
        found: list[Any] = []
        while True:
            page = self.look(path, f"?sort=creationDate&limit=100&offset={len(found)}")
            found += page["data"]
            if page["next"] is None:
                assert len(found) == page["totalCount"]
                return found

    def post(self, url: str, body: Any) -> Any:
        status, answer = self.function("POST", url, body)
        assert status in {200, 201}, (status, answer)
        return answer

    def largest(self, url: str, make: Callable[[int], Any], most: int) -> tuple[int, Any]:
        """The largest that is taken, within a fiftieth or a tenth, and the answer: what is larger is a 413."""
        low, high, best = 0, most + 1, None
        while high - low > most // 50 if self.precise else best is None:
            size = most if high > most else (low + high) // 2 if self.precise else high * 9 // 10
            status, answer = self.function("POST", url, make(size))
            assert status in {200, 201, 413}, (status, answer)
            if status == 413:
                assert answer["error"]["code"] == "too_large"
                high = size
            else:
                low, best = size, answer
                if low == most:
                    break
        assert best is not None
        return low, best


@pytest.fixture
def filled(plain_aws: LocalAws) -> Iterator[Filled]:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    variables = dict(LAPTOP_DEFAULTS)
    services = whole(Settings.from_environment(variables), {**variables, **plain_aws.names}, plain_aws.clients)
    app = create_local_app(lambda: services)
    app.openapi = lambda: DOCUMENT  # type: ignore[method-assign]  # as the function has it
    yield Filled(LambdaFunction(app), services)
    loop.run_until_complete(services.close())
    loop.close()
    asyncio.set_event_loop(None)


def buffered_gets() -> set[str]:
    routes = json.loads((CDK / "routes.json").read_text())
    buffered = {name for name, group in GROUPS.items() if group["mode"] == "buffered"}
    own = {route["path"] for route in routes["routes"] if route["method"] == "GET" and route["group"] in buffered}
    # A prompt is named by its id or by namespace/slug, of which the rest is a part of its own: the same route.
    return {path for path in own if "{prompt_id_rest}" not in path} | set(routes["description"])


VERSIONS: dict[str, tuple[int, int, Callable[[str, int], Any]]] = {
    "text": (999_999, 999_999, lambda mark, size: {"content": mark * size + "x"}),
    "names": (105_000, 110_000, lambda _, size: {"content": "".join(f"{{{{{n:x}}}}}" for n in range(size))}),
    "image": (1_370_000, 4_900_000, lambda mark, size: {"messages": [_user([_image("data:image/" + mark * size)])]}),
    "extra": (1_370_000, 4_900_000, lambda mark, size: {"content": "a", "parameters": {"extra": {"a": mark * size}}}),
    "turns": (4_000, 4_000, lambda mark, size: {"messages": [_user(mark * 200 + "x") for _ in range(size)]}),
}
"""What a version can be large by: from which size on it is tried, of quotes and of any character, and the request."""


def _user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def _image(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


def fill_prompts(filled: Filled, marks: tuple[str, ...]) -> None:
    prompt = filled.post(f"{PLAYGROUND}/save-version", {"namespace": "a", "slug": "b", "content": "Hi"})["prompt_id"]
    path, numbers = f"/api/v1/prompts/{prompt}/versions", [1]
    for name in VERSIONS if filled.precise else ("text", "image"):
        first, most, make = VERSIONS[name]
        for mark in marks:
            size = most if filled.precise else first
            _, version = filled.largest(path, lambda size, mark=mark, make=make: make(mark, size), size)
            numbers += range(numbers[-1] + 1, version["version_number"] + 1)
    for number in numbers:
        filled.look("/api/v1/prompt-versions/{version_id}", version_id=version_id(prompt, number))
    for old, new in zip(numbers, numbers[1:] + numbers[:1], strict=True):
        filled.look("/api/v1/prompts/{prompt_id}/diff", f"?from={old}&to={new}", prompt_id=prompt)
    asyncio.get_event_loop().run_until_complete(fill_registry(filled.services, marks[0]))
    assert len(filled.page_through("/api/v1/prompts")) == 101
    many = filled.look("/api/v1/prompts", "?search=many99&limit=1")["items"][0]["id"]
    filled.look("/api/v1/prompts/{prompt_id}", prompt_id=many)
    assert len(filled.page_through("/api/v1/prompts/{prompt_id}/versions", prompt_id=many)) == 100


async def fill_registry(services: Parts, mark: str) -> None:
    """A hundred prompts with all that they may have, of which one has a hundred versions."""
    now, store = datetime.now(UTC), services.prompts.prompts._store
    names = [f"{number:02}" + "l" * 62 for number in range(MAX_LABELS)]
    aliases = {f"{number:02}" + "A" * 126: now for number in range(MAX_ALIASES)}
    who = {"author": mark * 100, "author_id": mark * 100}
    for number in range(100):
        slug = f"many{number}".ljust(64, "s")
        labels = dict.fromkeys(names, 16_000_000)
        prompt = Prompt(tenant="local", namespace="n" * 64, slug=slug, description=mark * 1000, labels=labels,
                        aliases=aliases, latest_version=100, created_at=now, updated_at=now, **who)  # fmt: skip
        await store.create(prompt)
    for number in range(1, 101):
        version = PromptVersion(prompt_id=prompt.id, number=number, namespace="n" * 64, slug=slug, type="text",
                                default_model=mark * 256, commit_message=mark * 1000, created_at=now,
                                content=PromptContent.of_text("a"), **who)  # fmt: skip
        await store.add_version("local", version)


def fill_playgrounds(filled: Filled, mark: str, count: int) -> list[str]:
    """Their ids. The lists are for afterwards: a page of them reads all that there are."""
    text = mark * 5000
    playground = {"name": text, "description": text, "useCaseId": text, "keepBlocked": True}
    ids = [filled.post(f"{GENAI}/playgrounds/", playground)["id"] for _ in range(count)]
    first = ids[0]
    filled.look(f"{GENAI}/playgrounds/{{playgroundId}}", playgroundId=first)

    blueprint = {"playgroundId": first, "name": text[:100], "llmId": "demo/echo"}
    size, made = filled.largest(
        f"{GENAI}/llmBlueprints/", lambda size: blueprint | {"llmSettings": {"systemPrompt": mark * size}}, 300_000
    )
    filled.look(f"{GENAI}/llmBlueprints/{{llmBlueprintId}}", llmBlueprintId=made["id"])
    for _ in range(count // 2):
        filled.post(f"{GENAI}/llmBlueprints/", blueprint | {"llmSettings": {"systemPrompt": mark * size}})

    guard = {"guardConditions": [{"comparator": "greaterThan", "comparand": 0}]}
    path = f"{GENAI}/playgrounds/{first}/ootbMetricConfigurations/"
    size, _ = filled.largest(path, lambda size: _configuration(guard, mark * size), 50_000)
    there = len(filled.look(f"{GENAI}/playgrounds/{{playgroundId}}/ootbMetricConfigurations", playgroundId=first)[
        "ootbMetricConfigurations"])  # fmt: skip
    for _ in range(MAX_CONFIGURATIONS - there):
        filled.post(path, _configuration(guard, mark * size))
    assert filled.function("POST", path, _configuration(guard, mark))[0] == 409
    filled.look(f"{GENAI}/playgrounds/{{playgroundId}}/ootbMetricConfigurations", playgroundId=first)
    return ids


def _configuration(guard: dict[str, Any], message: str) -> dict[str, Any]:
    intervention = {"action": "reportAndBlock", "message": message}
    return {"ootbMetricName": "pii_violation", "moderationConfiguration": guard | {"intervention": intervention}}


def fill_runs(filled: Filled, mark: str, count: int) -> None:
    """A playground with the largest runs that are kept, and the largest that were blocked."""
    playground = filled.post(f"{GENAI}/playgrounds/", {"name": "a", "description": "", "useCaseId": "b",
                                                       "keepBlocked": True})["id"]  # fmt: skip
    guard = {"guardConditions": [{"comparator": "greaterThan", "comparand": 0}]}
    filled.post(f"{GENAI}/playgrounds/{playground}/ootbMetricConfigurations/", _configuration(guard, "No"))

    async def store() -> None:
        for number in range(count):
            run = large_run(number, playground_id=playground)
            await filled.services.runs.store.add(run)

    asyncio.get_event_loop().run_until_complete(store())
    for _ in range(2):
        asked = {"model": "demo/echo", "playground_id": playground}
        texts = {"type": "text", "text": "ada@example.com " + mark * 100_000}
        filled.largest(
            f"{PLAYGROUND}/run",
            lambda size, asked=asked, texts=texts: (
                asked | {"messages": [_user([texts, _image("data:image/" + mark * size)])]}
            ),
            4_800_000 if filled.precise else 1_300_000,
        )
    runs = filled.page_through(f"{GENAI}/playgrounds/{{playgroundId}}/runs", playgroundId=playground)
    assert len(runs) >= count + 2
    reports = filled.page_through(f"{GENAI}/playgrounds/{{playgroundId}}/moderationReports", playgroundId=playground)
    assert len(reports) == len(runs) - count
    assert all(report["content"]["messages"] or "messages" in report["content"]["cut"] for report in reports)


@pytest.mark.parametrize(
    ("marks", "count"), [(('"',), 25), pytest.param(CHARACTERS, 100, marks=pytest.mark.hard)], ids=["quotes", "all"]
)
def test_every_answer_has_room(filled: Filled, marks: tuple[str, ...], count: int) -> None:
    filled.precise = len(marks) > 1
    fill_prompts(filled, marks)
    ids = [made for mark in marks for made in fill_playgrounds(filled, mark, count)]
    assert [found["id"] for found in filled.page_by_offset(f"{GENAI}/playgrounds")] == ids
    assert len(filled.page_by_offset(f"{GENAI}/llmBlueprints")) > len(marks) * (count // 2)
    fill_runs(filled, marks[0], count // 5)
    for path in ("/api/v1/models", f"{PLAYGROUND}/providers", "/v1/playground/providers", "/api/v2/version"):
        filled.look(path)
    for path in json.loads((CDK / "routes.json").read_text())["description"]:
        filled.look(path)
    assert filled.looked_at == buffered_gets()


BODIES = st.lists(st.tuples(st.sampled_from(CHARACTERS), st.integers(1, 5)), min_size=1, max_size=6)


@settings(max_examples=8)
@given(parts=BODIES, extra=st.integers(-2, 2))
@example(parts=[('"', 1)], extra=0)
@example(parts=[("\n", 1)], extra=1)
@example(parts=[("\x01", 1)], extra=0)
def test_what_is_taken_lambda_takes_whatever_its_headers(parts: list[tuple[str, int]], extra: int) -> None:
    """At the edge of what a body may be: API Gateway takes 10,240 bytes of request line and headers."""
    block = "".join(mark * times for mark, times in parts)
    count = MAX_CARRIED_BYTES // carried_bytes(block.encode()) + extra
    body = (block * count).encode()
    assert carried_bytes(body) == len(json.dumps(body.decode(), ensure_ascii=False).encode()) - 2
    event = gateway_event(
        "POST", f"{PLAYGROUND}/run", headers={"Authorization": ['"' * 9_000], "X-More": ["a"] * 100}, body=body
    )
    if carried_bytes(body) <= MAX_CARRIED_BYTES:
        assert event_bytes(event) <= MOST_OF_A_REQUEST
