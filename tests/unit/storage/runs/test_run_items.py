"""A run as an item and objects, and back."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.domain.models.messages import Message, Replayed, ToolCall, ToolFunction, user_prompt
from promptyard.domain.models.provider_events import Citation, FinishReason
from promptyard.domain.models.targets import Parameters
from promptyard.domain.models.usage import Usage, UsageSource
from promptyard.domain.prompts.origin import Template
from promptyard.domain.runs.failures import RunFailure
from promptyard.domain.runs.run import Run, RunLinks, RunStatus
from promptyard.storage.runs.run_items import (
    ROOM_AT_ONCE,
    ROOM_IN_AWS,
    Room,
    StoredRun,
    from_stored,
    object_keys,
    to_stored,
)
from promptyard.storage.table.attributes import from_attributes, to_attributes
from tests.support.samples.sample_runs import new_run

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
NAMES = st.text("abcdef-/.0", min_size=1, max_size=20)
COUNTS = st.none() | st.integers(0, 10**9)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
JSON = st.recursive(st.none() | st.booleans() | st.integers() | TEXTS, lambda inner: st.lists(inner, max_size=3))
MESSAGES = st.lists(
    st.builds(Message, role=st.sampled_from(["system", "user", "assistant"]), content=TEXTS), max_size=3
)
RUNS = st.builds(
    Run,
    id=st.uuids(version=4).map(str),
    tenant=st.sampled_from(["local", "acme"]),
    endpoint=NAMES,
    provider=NAMES,
    model=NAMES,
    model_id=NAMES,
    label=st.none() | TEXTS,
    caller=st.none() | NAMES,
    created_at=MOMENTS,
    deadline_at=MOMENTS,
    messages=MESSAGES,
    template=st.none()
    | st.builds(Template, text=st.none() | TEXTS, variables=st.dictionaries(NAMES, JSON, max_size=3)),
    parameters=st.builds(Parameters, temperature=st.none() | st.floats(0, 2), extra=st.none() | st.just({"k": None})),
    reference=st.none() | TEXTS,
    documents=st.none() | st.lists(TEXTS, max_size=3),
    links=st.builds(RunLinks, prompt_id=st.none() | NAMES, comparison_index=COUNTS, rerun_of=st.none() | NAMES),
    status=st.sampled_from(RunStatus),
    output=st.none() | TEXTS,
    tool_calls=st.none()
    | st.lists(
        st.builds(ToolCall, id=NAMES, function=st.builds(ToolFunction, name=NAMES, arguments=TEXTS)), max_size=2
    ),
    reasoning=st.none() | TEXTS,
    citations=st.none() | st.lists(st.builds(Citation, url=st.none() | TEXTS, title=st.none() | TEXTS), max_size=2),
    replay=st.none() | st.lists(st.builds(Replayed, part=st.dictionaries(NAMES, JSON, max_size=2)), max_size=2),
    finish_reason=st.none() | st.sampled_from(FinishReason),
    finish_word=st.none() | NAMES,
    usage=st.none()
    | st.builds(
        Usage,
        input_tokens=COUNTS,
        output_tokens=COUNTS,
        cached_tokens=COUNTS,
        searches=COUNTS,
        service_tier=st.none() | NAMES,
        provider_cost_usd=st.none() | st.decimals(0, 10**6, places=12),
    ),
    usage_source=st.sampled_from(UsageSource),
    cost_usd=st.none() | st.decimals(0, 10**6, places=12),
    cost_source=st.sampled_from([None, "list", "provider"]),
    unpriced=st.none() | st.lists(NAMES, max_size=2),
    price_date=st.none() | st.just("2026-11-01"),
    latency_ms=COUNTS,
    ttft_ms=COUNTS,
    first_text_ms=COUNTS,
    error=st.none() | st.builds(RunFailure, code=NAMES, message=TEXTS, provider_status=COUNTS),
    settled_at=st.none() | MOMENTS,
)


def stored(run: Run) -> StoredRun:
    return to_stored(run, write_id="w", expires_at=None)


@given(RUNS)
def test_nothing_of_a_run_is_lost_or_made_up(run: Run) -> None:
    written = stored(run)
    over_the_wire = from_attributes(json.loads(json.dumps(to_attributes(written.item))))
    assert from_stored(over_the_wire, written.objects) == run


@pytest.mark.parametrize(
    ("room", "prompt", "answer", "outside"),
    [
        (ROOM_IN_AWS, 3, 7, []),
        (ROOM_IN_AWS, 4, 7, ["prompt"]),
        (ROOM_IN_AWS, 3, 8, ["answer"]),
        (ROOM_IN_AWS, 50, 50, ["prompt", "answer"]),
        (ROOM_AT_ONCE, 19, 19, []),
        (ROOM_AT_ONCE, 20, 5, ["prompt"]),
        (ROOM_AT_ONCE, 5, 20, ["answer"]),
    ],
)
def test_what_has_no_room_is_only_named(room: Room, prompt: int, answer: int, outside: list[str]) -> None:
    run = new_run(messages=user_prompt("x" * prompt * 1024), output="y" * answer * 1024, status="succeeded")
    written = to_stored(run, write_id="w", expires_at=None, room=room)
    assert [key.split("/")[-1].split("-")[0] for key in object_keys(written.item)] == outside
    assert set(written.objects) == set(object_keys(written.item))
    assert from_stored(written.item, written.objects) == run


def test_a_page_of_twenty_of_the_largest_items_is_read_at_once() -> None:
    """The page and the one that tells whether another follows stay under the 1 MB of one answer."""
    named = {"label": "l" * 256, "model": "m" * 256, "model_id": "i" * 256, "status": "succeeded"}
    run = new_run(reference="ü" * (ROOM_AT_ONCE.prompt // 2 - 200), output="y" * (ROOM_AT_ONCE.answer - 200), **named)
    written = to_stored(run, write_id="w", expires_at=None, room=ROOM_AT_ONCE)
    assert written.objects == {}
    size = sum(len(name) + len(str(value).encode()) for name, value in written.item.items())
    assert 21 * size < 1024 * 1024


def test_a_cost_has_as_many_digits_as_a_number_may_have() -> None:
    run = new_run(cost_usd=Decimal("0.1234567890123456789012345678901234567890123"), status="succeeded")
    back = from_stored(from_attributes(to_attributes(stored(run).item)), {})
    assert back.cost_usd == Decimal("0.12345678901234567890123456789012345679")


def test_a_record_from_before_parts_had_a_place_is_read() -> None:
    thought = {"type": "thinking", "thinking": "T", "signature": "s"}
    run = new_run(status="succeeded", replay=[{"part": thought, "after_text": 0, "after_calls": 0}])
    item = stored(run).item
    answer = json.loads(item["answer"])
    assert answer["replay"][0]["part"] == thought
    before = {**item, "answer": json.dumps(answer | {"replay": [thought]})}
    assert from_stored(before, {}) == run


@pytest.mark.parametrize("status", RunStatus)
def test_a_run_is_in_no_index_of_what_is_open(status: RunStatus) -> None:
    """Each entry would be a write more; a reservation that is open leads to its run."""
    assert not {"open_key", "open_until"} & stored(new_run(status=status)).item.keys()
