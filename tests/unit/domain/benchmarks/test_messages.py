"""What stands in the queue is read as it was written; events as EventBridge writes them; nothing else."""

import json
from decimal import Decimal

import pytest

from promptyard.domain.benchmarks.messages import (
    CellMessage,
    EventMessage,
    FinishMessage,
    Message,
    PlanMessage,
    WebhookMessage,
    read_message,
    text_of,
)
from promptyard.domain.errors import InvalidRequest


@pytest.mark.parametrize(
    "message",
    [
        PlanMessage(tenant="acme", benchmark_run_id="r", first=500, round=2),
        CellMessage(tenant="acme", benchmark_run_id="r", number=7, attempt=1, spent_usd=Decimal("0.000000000001")),
        FinishMessage(tenant="acme", benchmark_run_id="r"),
        EventMessage(id="e", source="app", detail_type="promptyard.benchmark.requested", detail={"benchmark_id": "b"}),
        WebhookMessage(tenant="acme", benchmark_run_id="r", attempt=3),
    ],
)
def test_what_is_written_is_read(message: Message) -> None:
    assert read_message(text_of(message)) == message


def test_an_event_of_eventbridge_is_read() -> None:
    event = {
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": "promptyard.benchmark.requested",
        "source": "deployments",
        "account": "111122223333",
        "time": "2026-11-29T16:00:00Z",
        "region": "eu-central-1",
        "resources": [],
        "detail": {"benchmark_id": "b", "request_id": "42"},
    }
    assert read_message(json.dumps(event)) == EventMessage(
        id="6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        source="deployments",
        detail_type="promptyard.benchmark.requested",
        detail={"benchmark_id": "b", "request_id": "42"},
    )


@pytest.mark.parametrize("text", ["", "[]", "null", '{"kind": "party"}', '{"kind": "cell"}', '{"detail-type": 3}', "{"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest):
        read_message(text)
