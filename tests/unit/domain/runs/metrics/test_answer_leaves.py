"""A canary at every place of every recorded answer: what of it would be shown is found by a guard on personal data."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from promptyard.domain.errors import ProviderError
from promptyard.domain.runs.metrics.material import answer_side
from promptyard.domain.runs.metrics.pii.metric import pii_violation
from promptyard.domain.runs.metrics.pii.scan import scan
from promptyard.domain.runs.metrics.registry import METRICS
from promptyard.domain.runs.moderation import Comparator, Guard, GuardCondition, Intervention
from promptyard.domain.runs.run_metrics import Action
from promptyard.providers.protocol import HttpAdapter
from promptyard.providers.registry import WIRES
from promptyard.services.playgrounds.stream_hold import StreamHold
from promptyard.services.runs.answer import Answer
from tests.support.checks.canaries import planted_in
from tests.support.samples.sample_runs import new_run
from tests.support.servers.wire_replay import FIXTURES, replay, text_of

MAIL, CARD = "ada@example.com", 4111111111111111
GUARD = Guard("g", "pii_violation", GuardCondition(0, Comparator.GREATER_THAN), Intervention(Action.BLOCK, "No."))
ANSWERS = [path for path in sorted(FIXTURES.glob("*/*")) if path.parent.name in WIRES]


def planted(path: Path) -> Iterator[bytes]:
    """The answer once for each place in it."""
    if path.suffix == ".json":
        for _, document in planted_in(json.loads(path.read_bytes()), f" {MAIL}, ", CARD):
            yield json.dumps(document).encode()
        return
    lines = path.read_bytes().decode(errors="surrogateescape").split("\n")
    for number, line in enumerate(lines):
        field, _, data = line.partition(":")
        if field != "data" or not data.strip().startswith("{"):
            continue
        for _, document in planted_in(json.loads(data), f" {MAIL}, ", CARD):
            changed = [*lines[:number], f"data: {json.dumps(document)}", *lines[number + 1 :]]
            yield "\n".join(changed).encode(errors="surrogateescape")


@pytest.mark.parametrize("path", ANSWERS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_canary_that_would_be_shown_is_found(path: Path) -> None:
    adapter = WIRES[path.parent.name]
    assert isinstance(adapter, HttpAdapter)
    cases, failures = 0, list[str]()
    for body in planted(path):
        cases += 1
        answer, events = Answer(), []
        try:
            if path.suffix != ".json":
                events = replay(adapter.new_parser, [body])
            elif path.name.startswith("error"):
                raise adapter.parse_error(400, {}, body)
            else:
                events = adapter.new_parser().whole(body)
        except ProviderError as failure:
            failures.append(failure.message)
            continue
        answer.attempt_started(0.0)
        for event in events:
            answer.add(event, 1.0)
        run = answer.settle(new_run(), None, None, at=datetime.now(UTC), ended=2.0)
        if holds_canary(run.model_dump_json(exclude={"usage", "cost_usd"})):
            assert (pii_violation(answer_side(run)).score or 0) >= 1, body
        hold = StreamHold([(METRICS["pii_violation"], GUARD)])
        assert not holds_canary("".join(map(hold.take, text_of(events))))
    assert cases
    assert all(scan(message).findings for message in failures if holds_canary(message))


def holds_canary(text: str) -> bool:
    return MAIL in text or str(CARD) in text
