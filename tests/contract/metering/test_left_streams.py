"""What a stream is charged that is left before its usage came: never less than its provider counted.

The upstream counts what it is sent and what it has said, each text at the most that any of
eight tokenizers makes of it.
`python -m pytest -s` shows how far above that the charges are.
"""

import base64
import json
import struct
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from promptyard.domain.account.access import Role
from tests.support.aws.events import Event, read_events
from tests.support.doubles.tenancy import As, Tenancy
from tests.support.samples.chat_answers import EVENT_STREAM, frame, usage
from tests.support.samples.token_counts import counted_texts
from tests.support.servers.fake_upstream import Answer, End, FakeUpstream, Received
from tests.support.servers.server import RunningServer, StartServer

RUN = "/api/v1/playground/run"
LEDGER = "/api/v1/usage/ledger"
KINDS = (
    "english",
    "code",
    "chinese_prose",
    "chinese_traditional",
    "rare_han",
    "japanese_prose",
    "korean_prose",
    "arabic_prose",
    "hindi",
    "thai",
    "emoji_many",
    "digits",
    "json",
    "uuids",
    "base64",
    "tools",
    "images",
)
ENDS = ("disconnect", "cancel", "deadline", "cut")
ORDINARY = ("english", "images", "code", "chinese_prose", "japanese_prose", "korean_prose", "arabic_prose")
SIZED = "data:image/gif;base64," + base64.b64encode(b"GIF89a" + struct.pack("<HHxxx", 1024, 1024)).decode()
ELSEWHERE = "https://images.example/1.png"
IMAGES = {SIZED: 765, ELSEWHERE: 85 + 8 * 170}
"""What gpt-4o counts of them: the first is an example of its documentation, of the other nothing is more."""
AROUND_A_MESSAGE, AROUND_A_REQUEST = 4, 3
"""https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken"""


@dataclass(frozen=True)
class Counted:
    tokens_in: int
    tokens_out: int


class CountingUpstream:
    """Says one text of the kind, in halves, and then what the end asks for."""

    def __init__(self, kind: str, end: str) -> None:
        self._answer = counted_texts()["english" if kind in {"tools", "images"} else kind]
        self._ending = End.CUT if end == "cut" else End.HANG
        self.counted: Counted | None = None

    def __call__(self, request: Received) -> Answer:
        if "messages" not in request.json:  # it is asked to count, and does not
            return Answer([b"{}"], 404, {"content-type": "application/json"})
        self.counted = Counted(_counted(request.json), self._answer.most)
        half = len(self._answer.text) // 2
        texts = (self._answer.text[:half], self._answer.text[half:])
        return Answer([*(frame({"content": text}) for text in texts), self._ending], headers=EVENT_STREAM)


def _counted(body: dict[str, Any]) -> int:
    total = AROUND_A_REQUEST
    for message in body["messages"]:
        total += AROUND_A_MESSAGE
        parts = message["content"] if isinstance(message["content"], list) else [{"text": message["content"]}]
        total += sum(_most(part["text"]) if "text" in part else IMAGES[part["image_url"]["url"]] for part in parts)
    return total + (_most(json.dumps(body["tools"], ensure_ascii=False)) if "tools" in body else 0)


def _most(text: str) -> int:
    return next(known.most for known in counted_texts().values() if known.text == text)


def asked(kind: str) -> dict[str, Any]:
    english = counted_texts()["english"].text
    if kind == "tools":
        tools = json.loads(counted_texts()["tools"].text)
        return {"messages": [{"role": "user", "content": english}], "parameters": {"tools": tools}}
    if kind == "images":
        images = [{"type": "image_url", "image_url": {"url": url}} for url in IMAGES]
        return {"messages": [{"role": "user", "content": [{"type": "text", "text": english}, *images]}]}
    return {"messages": [{"role": "user", "content": counted_texts()[kind].text}]}


@pytest.fixture(params=ENDS)
def end(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(start_server: StartServer, upstream: FakeUpstream, end: str) -> RunningServer:
    variables = {"OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": upstream.url}
    return start_server(variables | ({"PROMPTYARD_RUN_DEADLINE_SECONDS": "2"} if end == "deadline" else {}))


def test_a_stream_that_is_left_is_charged_what_its_provider_counts(
    server: RunningServer, upstream: FakeUpstream, end: str
) -> None:
    print(f"\n{'left by':12} {'content':20} counted  charged  charged/counted")
    upstreams = {kind: CountingUpstream(kind, end) for kind in KINDS}
    left: dict[str, str] = {}
    for together in [[kind] for kind in KINDS] if end == "cut" else [KINDS]:  # a deadline takes its time
        with ExitStack() as streams:
            begun = {}
            for kind in together:
                upstream.answer(upstreams[kind], times=1)
                left[kind], begun[kind] = _begun(streams, server, kind)
            if end == "cancel":
                cancels = [f"/api/v1/playground/runs/{run_id}/cancel" for run_id in left.values()]
                with ThreadPoolExecutor(len(cancels)) as canceling:
                    list(canceling.map(server.client.post, cancels))
            if end in {"deadline", "cut"}:
                for events in begun.values():
                    list(events)
    for kind in KINDS:
        entry, counted = _entry(server, left[kind]), upstreams[kind].counted
        assert counted is not None
        count, charge = counted.tokens_in + counted.tokens_out, entry["input_tokens"] + entry["output_tokens"]
        print(f"{end:12} {kind:20} {count:7} {charge:8} {charge / count:16.2f}")
        assert entry["source"] == "estimated"
        assert entry["input_tokens"] >= counted.tokens_in, kind
        assert entry["output_tokens"] >= counted.tokens_out, kind
        assert charge <= entry["estimated_tokens"]
        assert kind not in ORDINARY or charge <= 1.5 * count


def _begun(streams: ExitStack, server: RunningServer, kind: str) -> tuple[str, Iterator[Event]]:
    """The run's id, and what comes of it after its whole text."""
    body = asked(kind) | {"provider": "openai", "model": "gpt-4o", "stream": True, "on_disconnect": "cancel"}
    text = counted_texts()["english" if kind in {"tools", "images"} else kind].text
    response = streams.enter_context(server.client.stream("POST", RUN, json=body))
    assert response.status_code == 200, response.read()
    events, came = read_events(response), ""
    while came != text:
        came += next(events).data["content"]
    return response.headers["x-run-id"], events


def _entry(server: RunningServer, run_id: str) -> dict[str, Any]:
    """As soon as it is there."""
    give_up = time.monotonic() + 10
    while time.monotonic() < give_up:
        entries = server.client.get(LEDGER, params={"limit": 100}).json()["items"]
        found: dict[str, Any] | None = next((entry for entry in entries if entry["run_id"] == run_id), None)
        if found is not None:
            return found
    raise AssertionError("no entry came")


TOOLS = [{"type": "function", "function": {"name": "f", "description": "word " * 60_000}}]


def test_streams_that_are_left_use_up_a_quota(start_server: StartServer, upstream: FakeUpstream) -> None:
    """What 40 of them used was 80 tokens once."""
    tenancy = Tenancy(start_server({"PROMPTYARD_AUTH": "required", "OPENAI_BASE_URL": upstream.url}))
    tenancy.make_tenant("acme", quotas={"tokens_per_month": 1_000_000})
    member = As(tenancy, "acme", Role.MEMBER)
    upstream.answer(Answer([frame({"content": "So"}), End.CUT], headers=EVENT_STREAM))
    body = {"provider": "openai", "model": "gpt-4o", "provider_key": "sk-1", "prompt_text": "Hi", "stream": True}
    body |= {"parameters": {"tools": TOOLS, "max_tokens": 100}}
    statuses = [member("POST", RUN, body).status_code for _ in range(40)]
    assert statuses[0] == 200
    assert statuses[-1] == 429
    assert member.get("/api/v1/usage")["total"]["input_tokens"] >= 60_000 * statuses.count(200)


@pytest.mark.parametrize(("told", "source"), [(10**12, "custom"), (0, "estimated"), (7, "custom")])
def test_a_callers_own_endpoint_uses_no_more_than_was_reserved_and_no_less_than_it_said(
    start_server: StartServer, upstream: FakeUpstream, told: int, source: str
) -> None:
    settings = {"PROMPTYARD_AUTH": "required", "PROMPTYARD_ALLOW_PRIVATE_ENDPOINTS": "loopback"}
    tenancy = Tenancy(start_server(settings))
    tenancy.make_tenant("acme", quotas={"tokens_per_month": 10_000_000})
    member = As(tenancy, "acme", Role.MEMBER)
    ending = [frame({}, "stop"), frame(usage=usage(told, told)), b"data: [DONE]\n\n"]
    upstream.answer(Answer([frame({"content": "Hello there"}), *ending], headers=EVENT_STREAM))
    body = {"provider": "openai", "model": "gpt-4o", "custom_base_url": upstream.url, "prompt_text": "Hi"}
    run = member("POST", RUN, body | {"parameters": {"max_tokens": 100}})
    assert run.status_code == 200, run.text
    assert run.json()["cost_usd"] is None, "its list price is another's"
    [entry] = member.get(LEDGER)["items"]
    assert (entry["source"], entry["cost_usd"]) == (source, None)
    assert 2 <= entry["input_tokens"] + entry["output_tokens"] <= entry["estimated_tokens"]


BLOCK = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "So"}}
BEGAN = {
    "openai": frame({"content": "So"}),
    "anthropic": b"".join(
        f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()
        for event in (
            {"type": "message_start", "message": {"id": "m", "role": "assistant", "content": []}},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            BLOCK,
        )
    ),
    "google": b"data: " + json.dumps({"candidates": [{"content": {"parts": [{"text": "So"}]}}]}).encode() + b"\n\n",
}
COUNTERS = {
    "openai": ("/responses/input_tokens", "input_tokens", "input"),
    "anthropic": ("/v1/messages/count_tokens", "input_tokens", "messages"),
    "google": ("/v1beta/models/m:countTokens", "totalTokens", "generateContentRequest"),
}
COUNTED_BY_PROVIDER = 17


class WithCounter:
    """Breaks off each answer, and counts where it is asked to."""

    def __init__(self, provider: str, counted: bytes, status: int = 200) -> None:
        self._provider = provider
        self._counted = Answer([counted], status, {"content-type": "application/json"})

    def __call__(self, request: Received) -> Answer:
        if request.path.partition("?")[0] == COUNTERS[self._provider][0]:
            return self._counted
        return Answer([BEGAN[self._provider], End.CUT], headers=EVENT_STREAM)


def _cut_short(server: RunningServer, provider: str, **more: Any) -> dict[str, Any]:
    """The entry of a stream that was."""
    body = {"provider": provider, "model": "m", "prompt_text": "What is it?", "stream": True, "provider_key": "sk-1"}
    tools = [{"type": "function", "function": {"name": "f", "description": "Does it."}}]
    with server.client.stream("POST", RUN, json=body | {"parameters": {"tools": tools}} | more) as response:
        assert response.status_code == 200, response.read()
        list(read_events(response))
        return _entry(server, response.headers["x-run-id"])


@pytest.fixture
def three(start_server: StartServer, upstream: FakeUpstream) -> RunningServer:
    variables = ("OPENAI_BASE_URL", "ANTHROPIC_BASE_URL", "GOOGLE_GEMINI_BASE_URL")
    settings = {"PROMPTYARD_ALLOW_PRIVATE_ENDPOINTS": "loopback"}
    return start_server(settings | dict.fromkeys(variables, upstream.url))


@pytest.mark.parametrize("provider", COUNTERS)
def test_what_was_left_is_charged_what_the_providers_own_counter_says(
    three: RunningServer, upstream: FakeUpstream, provider: str
) -> None:
    path, field, asked = COUNTERS[provider]
    upstream.answer(WithCounter(provider, json.dumps({field: COUNTED_BY_PROVIDER}).encode()))
    entry = _cut_short(three, provider)
    assert (entry["source"], entry["input_tokens"]) == ("estimated", COUNTED_BY_PROVIDER)
    sent, counted = upstream.requests
    assert counted.path == path
    assert {"What is it?", "Does it."} <= set(_texts(counted.json[asked])) | set(_texts(counted.json))
    keys = ("authorization", "x-api-key", "x-goog-api-key")
    assert [counted.headers.get(name) for name in keys] == [sent.headers.get(name) for name in keys]


@pytest.mark.parametrize("provider", COUNTERS)
@pytest.mark.parametrize(
    ("counted", "status"), [(b"{}", 404), (b"{}", 200), (b"[]", 200), (b"oops", 200), (b'{"input_tokens": -1}', 200)]
)
def test_where_the_counter_does_not_tell_it_is_counted_here(
    three: RunningServer, upstream: FakeUpstream, provider: str, counted: bytes, status: int
) -> None:
    upstream.answer(WithCounter(provider, counted, status))
    entry = _cut_short(three, provider)
    assert entry["source"] == "estimated"
    assert 20 <= entry["input_tokens"] != COUNTED_BY_PROVIDER


def test_what_the_counter_says_is_never_more_than_was_reserved(three: RunningServer, upstream: FakeUpstream) -> None:
    upstream.answer(WithCounter("openai", b'{"input_tokens": 1000000000}'))
    entry = _cut_short(three, "openai", parameters={"max_tokens": 10})
    assert entry["input_tokens"] + entry["output_tokens"] <= entry["estimated_tokens"]


def test_a_callers_address_is_asked_nothing_more(three: RunningServer, upstream: FakeUpstream) -> None:
    upstream.answer(WithCounter("openai", b'{"input_tokens": 17}'))
    _cut_short(three, "openai", custom_base_url=upstream.url)
    assert len(upstream.requests) == 1


def _texts(value: Any) -> list[str]:
    """All that stand in it."""
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in _texts(inner)]
    return [value] if isinstance(value, str) else []
