"""Messages go into the queue in batches, all of them or with an error, and come out until they are deleted."""

from typing import Any

import pytest

from promptyard.aws import queue as queue_module
from promptyard.aws.queue import BenchmarkQueue
from promptyard.domain.benchmarks.messages import CellMessage, EventMessage, text_of
from promptyard.domain.errors import StoreUnavailable
from promptyard_local.sqs.client import EmbeddedSQSClient


@pytest.fixture
def client() -> EmbeddedSQSClient:
    client = EmbeddedSQSClient()
    client.create_queue(QueueName="work", Attributes={"VisibilityTimeout": "60"})
    return client


def cells(count: int) -> list[CellMessage]:
    return [CellMessage(tenant="acme", benchmark_run_id="r", number=number) for number in range(count)]


async def test_what_is_sent_is_received_until_it_is_deleted(client: EmbeddedSQSClient) -> None:
    queue = BenchmarkQueue(lambda: client, "work", "dead")
    await queue.send(cells(25))
    first = await queue.receive(10)
    assert [received.receives for received in first] == [1] * 10
    await queue.give_back(first[0].receipt, 0)
    for received in first[1:]:
        await queue.delete(received.receipt)
    [again, *_] = await queue.receive(1)
    assert (again.text, again.receives) == (first[0].text, 2)
    assert len(client.texts("work")) == 16


class Picky(EmbeddedSQSClient):
    """Takes some of a batch, and notes what it was sent."""

    def __init__(self, refusals: int) -> None:
        super().__init__()
        self.refusals = refusals
        self.batches: list[list[dict[str, Any]]] = []

    def send_message_batch(self, **parameters: Any) -> dict[str, Any]:
        entries = parameters["Entries"]
        self.batches.append(entries)
        refused = entries[::2] if self.refusals > 0 else []
        self.refusals -= 1
        taken = [entry for entry in entries if entry not in refused]
        answer = super().send_message_batch(QueueUrl=parameters["QueueUrl"], Entries=taken) if taken else {}
        failed = [{"Id": entry["Id"], "Code": "InternalError", "SenderFault": False} for entry in refused]
        return {**answer, "Failed": failed} if failed else answer


async def test_what_was_not_taken_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_module, "ATTEMPTS", 3)
    client = Picky(refusals=2)
    client.create_queue(QueueName="work")
    await BenchmarkQueue(lambda: client, "work", "dead").send(cells(7))
    assert sorted(client.texts("work")) == sorted(text_of(cell) for cell in cells(7))
    assert [len(batch) for batch in client.batches] == [7, 4, 2]


async def test_what_is_never_taken_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_module, "ATTEMPTS", 2)
    client = Picky(refusals=100)
    client.create_queue(QueueName="work")
    with pytest.raises(StoreUnavailable):
        await BenchmarkQueue(lambda: client, "work", "dead").send(cells(1))


async def test_batches_have_at_most_ten_messages_and_a_quarter_of_a_megabyte() -> None:
    client = Picky(refusals=0)
    client.create_queue(QueueName="work")
    large = [EventMessage(id="e", source="s", detail_type="t", detail={"text": "x" * 100_000})] * 5
    await BenchmarkQueue(lambda: client, "work", "dead").send([*cells(12), *large], delay_seconds=5)
    assert sorted(len(batch) for batch in client.batches) == [1, 2, 4, 10]
    assert all(sum(len(entry["MessageBody"]) for entry in batch) <= 250_000 for batch in client.batches)
    assert {entry.get("MessageGroupId") for batch in client.batches for entry in batch} == {"acme", None}
    assert sorted(client.texts("work")) == sorted(text_of(message) for message in [*cells(12), *large])
    assert await BenchmarkQueue(lambda: client, "work", "dead").receive(10) == []
