"""What a provider wants back of its answer: our answer's `message`, given as history, sends it as it came and where it
stood; nobody else is sent any of it."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from promptyard.api.answers.messages import AssistantMessage
from promptyard.domain.errors import ProviderError
from promptyard.domain.models.messages import Message
from promptyard.domain.models.provider_events import ProviderEvent, ReplayPart
from promptyard.domain.runs.run import Run, RunStatus
from promptyard.providers.protocol import HttpAdapter
from promptyard.providers.registry import PROVIDERS, WIRES
from promptyard.providers.wires import anthropic, bedrock, google, openai_compatible, openai_responses
from promptyard.services.runs.answer import Answer
from promptyard.storage.runs.run_items import from_stored, to_stored
from tests.support.samples.provider_calls import call
from tests.support.samples.replayed_answers import DIALECTS, Segment, Thought
from tests.support.samples.sample_runs import new_run
from tests.support.servers.wire_replay import FIXTURES, replay

ROWS = {row.id: row for row in PROVIDERS}


RECORDED_WITH_PARTS = {"thinking.sse", "finish_reason_each_time.sse", "server_tool.sse"}
"""Of whatever wire."""


def parser_of(wire: str) -> Any:
    adapter = WIRES[wire]
    assert isinstance(adapter, HttpAdapter)
    return adapter.new_parser


def over_http(wire: Any, provider: str) -> Any:
    return lambda messages: (
        wire.build_request(call(provider, "m", row=ROWS[provider], messages=messages), stream=True).body
    )


BODIES: dict[str, Any] = {
    "anthropic": over_http(anthropic, "anthropic"),
    "bedrock": lambda messages: bedrock.converse_request(
        call("bedrock", "us.anthropic.claude-x", api_key=None, messages=messages)
    ),
    "google": over_http(google, "google"),
    "openai_responses": over_http(openai_responses, "openai"),
    "openrouter": over_http(openai_compatible, "openrouter"),
}


def run_of(events: list[ProviderEvent], error: ProviderError | None = None) -> Run:
    """The settled run, as the store gives it back."""
    answer = Answer()
    answer.attempt_started(time.monotonic())
    for event in events:
        answer.add(event, time.monotonic())
    run = answer.settle(new_run(), None, error, at=datetime.now(UTC), ended=time.monotonic())
    stored = to_stored(run, write_id="w", expires_at=None)
    return from_stored(stored.item, stored.objects)


def next_body(wire: str, run: Run) -> Any:
    """The next request: the answer's message as our JSON has it, between two of the user's."""
    message = AssistantMessage.of(run)
    assert message is not None
    given_back = json.loads(message.model_dump_json(by_alias=True))
    results = [
        {"role": "tool", "tool_call_id": made["id"], "content": "1"} for made in given_back.get("tool_calls") or []
    ]
    return BODIES[wire](
        [{"role": "user", "content": "Hi"}, given_back, *(results or [{"role": "user", "content": "And?"}])]
    )


def said(wire: str, body: Any) -> list[Any]:
    """What of the body is the assistant's."""
    if wire == "openrouter":
        return [message for message in body["messages"] if message["role"] == "assistant"]
    if wire == "openai_responses":
        return [item for item in body["input"] if item.get("role") == "assistant"]
    turns = body["contents"] if wire == "google" else body["messages"]
    parts = "parts" if wire == "google" else "content"
    return [block for turn in turns if turn["role"] in {"assistant", "model"} for block in turn[parts]]


def spoken(block: Any) -> str | None:
    text = block.get("text") or block.get("content")
    return text if isinstance(text, str) and not block.get("thought") else None


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12).filter(str.strip)
thoughts = st.builds(
    Thought, texts, st.text("abcdefXYZ0123/+=", min_size=6, max_size=20).map(lambda text: f"sig{text}"), st.booleans()
)
calls = st.lists(st.dictionaries(st.sampled_from("abc"), texts, max_size=2), max_size=2).map(tuple)
served = st.just("") | st.text("abcXYZ0123", min_size=6, max_size=12).map(lambda text: f"served{text}")
heads = st.builds(Segment, st.none() | thoughts, st.just("") | texts, calls, served)
tails = st.lists(st.builds(Segment, thoughts, st.just("") | texts, calls, served), max_size=3)
answers = st.builds(lambda head, tail: [head, *tail], heads, tails)


@pytest.mark.parametrize("way", ["whole", "streamed"])
@pytest.mark.parametrize("wire", DIALECTS)
@given(segments=answers)
@settings(max_examples=250, deadline=None)
def test_what_came_goes_back_as_it_came_and_in_its_order(wire: str, way: str, segments: list[Segment]) -> None:
    dialect = DIALECTS[wire]
    blocks = dialect.blocks(segments)
    assume(blocks)
    run = run_of(getattr(dialect, way)(blocks))
    sent = dialect.sent(next_body(wire, run))
    if wire == "openai_responses":
        assert all(item.get("role") == "user" or item["type"] == "function_call_output" for item in sent[len(blocks) :])
        sent = sent[: len(blocks)]
    assert sent == blocks

    for other in BODIES.keys() - {wire}:
        elsewhere = json.dumps(next_body(other, run), default=repr)
        for segment in segments:
            assert segment.thought is None or segment.thought.secret not in elsewhere
            assert not segment.served or segment.served not in elsewhere


@pytest.mark.parametrize("wire", DIALECTS)
@given(segments=answers, content=texts | st.just(""))
@settings(max_examples=200, deadline=None)
def test_a_message_whose_text_was_changed_sends_that_text_once(
    wire: str, segments: list[Segment], content: str
) -> None:
    dialect = DIALECTS[wire]
    blocks = dialect.blocks(segments)
    assume(blocks)
    message = AssistantMessage.of(run_of(dialect.whole(blocks)))
    assert message is not None
    changed = json.loads(message.model_dump_json()) | {"content": content}
    taken = Message.model_validate(changed)
    conversation = [Message(role="user", content="Hi"), taken, Message(role="user", content="And?")]
    body = BODIES[wire](conversation)
    sent = [text for block in said(wire, body) if (text := spoken(block))]
    assert "".join("".join(sent).split()) == "".join(content.split())


def test_blanks_where_a_part_is_left_out_stay_with_the_text_after_them() -> None:
    replay = [
        {"part": {"text": "is", "thoughtSignature": "c2ln"}},
        {"part": {"text": "old", "thoughtSignature": "c2ln"}, "after_text": 2},
        {"part": {"text": "new", "thoughtSignature": "c2ln"}, "after_text": 3},
    ]
    message = Message.model_validate({"role": "assistant", "content": "is not", "replay": replay})
    body = BODIES["google"]([Message(role="user", content="Hi"), message])
    assert [block["text"] for block in said("google", body)] == ["is", " not"]


@pytest.mark.parametrize(
    ("wire", "recording"),
    [
        (folder.name, recording.name)
        for folder in sorted(FIXTURES.iterdir())
        if folder.is_dir()
        for recording in sorted(folder.glob("*.sse"))
    ],
)
def test_a_recorded_answer_goes_back(wire: str, recording: str) -> None:
    try:
        events = replay(parser_of(wire), [(FIXTURES / wire / recording).read_bytes()])
    except ProviderError:
        return
    run = run_of(events)
    body = json.dumps(next_body("openrouter" if wire == "openai_compatible" else wire, run), ensure_ascii=False)
    parts = [dict(event.part) for event in events if isinstance(event, ReplayPart)]
    for part in parts:
        assert json.dumps(part, ensure_ascii=False) in body
    assert bool(parts) is (recording in RECORDED_WITH_PARTS)
    for made in run.tool_calls or []:
        assert made.function.name in body
        signature = ((made.extra_content or {}).get("google") or {}).get("thought_signature", "")
        assert signature in body


def test_of_an_answer_that_broke_off_the_message_is_its_text() -> None:
    blocks = DIALECTS["anthropic"].blocks([Segment(Thought("t", "sig", hidden=False), "Hello", ({},))])
    run = run_of(DIALECTS["anthropic"].whole(blocks), ProviderError("gone"))
    assert run.status is RunStatus.FAILED
    message = AssistantMessage.of(run)
    assert message is not None
    assert json.loads(message.model_dump_json()) == {"role": "assistant", "content": "Hello"}
    assert AssistantMessage.of(run_of([], ProviderError("gone"))) is None


@pytest.mark.parametrize(("provider", "name"), [("groq", "reasoning"), ("deepseek", "reasoning_content")])
def test_reasoning_goes_back_under_the_name_that_the_provider_knows(provider: str, name: str) -> None:
    for given_name in ("reasoning", "reasoning_content"):
        message = {"role": "assistant", "content": "Hello", given_name: "R"}
        asked = call(provider, "m", row=ROWS[provider], messages=[{"role": "user", "content": "Hi"}, message])
        sent = openai_compatible.build_request(asked, stream=True).body["messages"][1]
        assert sent == {"role": "assistant", "content": "Hello", name: "R"}


ODD: list[Any] = [None, True, 5, "é", [], ["x"], [1], [None], {}, {"type": ["x"]}]


def mutants(value: Any) -> Iterator[Any]:
    """The value with each value within it, and itself, replaced by each odd one."""
    yield from ODD
    if isinstance(value, dict):
        yield from (value | {name: changed} for name, inner in value.items() for changed in mutants(inner))
    elif isinstance(value, list):
        yield from (
            [*value[:at], changed, *value[at + 1 :]] for at, inner in enumerate(value) for changed in mutants(inner)
        )


SEGMENTS = [Segment(Thought("T", "c2ln", hidden), "Hello", ({},), "served") for hidden in (False, True)]
REPLAYS = {
    "anthropic": [{"part": block} for block in DIALECTS["anthropic"].blocks(SEGMENTS)],
    "bedrock": [
        {"part": {"reasoningContent": {"reasoningText": {"text": "T", "signature": "c2ln"}}}},
        {"part": {"reasoningContent": {"redactedContent": "c2ln"}}},
    ],
    "google": [{"part": block} for block in DIALECTS["google"].blocks(SEGMENTS)],
    "openai_responses": [{"part": block} for block in DIALECTS["openai_responses"].blocks(SEGMENTS)],
    "openrouter": [
        {"part": {"reasoning_details": [{"type": "reasoning.text", "text": "a", "index": 0}]}},
        {"part": {"reasoning_details": [{"type": "reasoning.text", "text": "b", "index": 0, "signature": "s"}]}},
    ],
}
CARRIED_PARTS = {
    "thinking_blocks": [
        {"type": "thinking", "thinking": "T", "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "c2ln"},
    ],
    "reasoning_items": [{"type": "reasoning", "summary": [], "encrypted_content": "c2ln"}],
    "reasoning_details": [{"type": "reasoning.text", "text": "a", "index": 0}],
}


@pytest.mark.parametrize("wire", BODIES)
@pytest.mark.parametrize(
    ("field", "whole"),
    [*(("replay", parts) for parts in REPLAYS.values()), *CARRIED_PARTS.items()],
    ids=[*REPLAYS, *CARRIED_PARTS],
)
def test_whatever_a_message_says_was_given_there_is_a_request(wire: str, field: str, whole: list[Any]) -> None:
    for changed in [whole, *mutants(whole)]:
        message = {"role": "assistant", "content": "Hello", field: changed}
        body = BODIES[wire]([{"role": "user", "content": "Hi"}, message, {"role": "user", "content": "And?"}])
        assert "Hello" in "".join(text for block in said(wire, body) if (text := spoken(block)))
