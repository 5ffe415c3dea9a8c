"""The embedded SQS does what moto's does, whatever is asked of it in whatever order; and what moto does not do."""

import json
import random
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from promptyard_local.sqs.client import EmbeddedSQSClient

VISIBILITY = 20
MAX_RECEIVES = 3


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("moto.sqs.models.unix_time", clock)
    monkeypatch.setattr("moto.sqs.models.unix_time_millis", lambda: clock.now * 1000)
    return clock


class Pair:
    """The same is asked of both; handles and ids are each one's own."""

    def __init__(self, embedded: EmbeddedSQSClient, moto: Any) -> None:
        self.clients: tuple[Any, Any] = (embedded, moto)
        self.urls: list[dict[str, str]] = [{}, {}]
        self.receipts: list[tuple[str, str, str]] = []
        """(queue, embedded's, moto's) of every delivery."""

    def make(self, name: str, dead_letters: str | None = None) -> None:
        attributes = {"VisibilityTimeout": str(VISIBILITY)}
        if dead_letters is not None:
            arn = f"arn:aws:sqs:us-east-1:123456789012:{dead_letters}"
            policy = {"deadLetterTargetArn": arn, "maxReceiveCount": MAX_RECEIVES}
            attributes["RedrivePolicy"] = json.dumps(policy)
        for client, urls in zip(self.clients, self.urls, strict=True):
            urls[name] = client.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]

    def both(self, method: str, queue: str, *own: dict[str, Any], **given: Any) -> list[Any]:
        """Answers, or the codes of refusals."""
        answers: list[Any] = []
        for index, client in enumerate(self.clients):
            mine = own[index] if own else {}
            try:
                answers.append(getattr(client, method)(QueueUrl=self.urls[index][queue], **given, **mine))
            except ClientError as error:
                answers.append(error.response["Error"]["Code"].rpartition(".")[2])
        return answers

    def receive(self, queue: str, count: int, visibility: int | None) -> None:
        given = {} if visibility is None else {"VisibilityTimeout": visibility}
        answers = self.both(
            "receive_message",
            queue,
            MaxNumberOfMessages=count,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
            **given,
        )
        seen = [
            [(message["Body"], message["Attributes"]) for message in answer.get("Messages", [])] for answer in answers
        ]
        assert seen[0] == seen[1]
        pairs = zip(answers[0].get("Messages", []), answers[1].get("Messages", []), strict=True)
        self.receipts += [(queue, one["ReceiptHandle"], other["ReceiptHandle"]) for one, other in pairs]

    def newest(self, chance: random.Random) -> tuple[str, str, str]:
        """A delivery after which there was none of the same message: SQS promises nothing of the others."""
        last = {one.rpartition(":")[0]: (queue, one, other) for queue, one, other in self.receipts}
        return chance.choice(list(last.values()))


@pytest.fixture
def pair(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "moto")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "moto")
    with mock_aws():
        pair = Pair(EmbeddedSQSClient(clock), boto3.client("sqs", region_name="us-east-1"))
        pair.make("dead")
        pair.make("work", "dead")
        yield pair


@pytest.mark.parametrize("seed", range(8))
def test_random_operations_are_answered_alike(pair: Pair, clock: Clock, seed: int) -> None:
    chance = random.Random(seed)
    sent = 0
    for _ in range(150):
        clock.now += 0.001  # to moto what is due now is not visible yet
        what = chance.choice(["send", "send", "receive", "receive", "receive", "delete", "give back", "wait", "count"])
        if what == "send":
            delay = chance.choice([0, 0, 0, 5, 900])
            bodies = [f"message {sent + number}" for number in range(chance.randint(1, 10))]
            sent += len(bodies)
            entries = [
                {"Id": str(number), "MessageBody": body, "DelaySeconds": delay, "MessageGroupId": "acme"}
                for number, body in enumerate(bodies)
            ]
            one, other = pair.both("send_message_batch", "work", Entries=entries)
            assert [entry["Id"] for entry in one["Successful"]] == [entry["Id"] for entry in other["Successful"]]
        elif what == "receive":
            pair.receive(
                chance.choice(["work", "work", "work", "dead"]), chance.randint(1, 10), chance.choice([None, 7])
            )
        elif what == "wait":
            clock.now += chance.choice([0.5, 5, 8, 21, 901])
        elif what == "count":
            names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
            one, other = pair.both("get_queue_attributes", "work", AttributeNames=names)
            assert one["Attributes"] == {name: other["Attributes"][name] for name in names}
        elif pair.receipts:
            queue, one, other = pair.newest(chance)
            if what == "delete":
                answers = pair.both("delete_message", queue, {"ReceiptHandle": one}, {"ReceiptHandle": other})
                assert [isinstance(answer, dict) for answer in answers] in ([True, True], [True, False])
            else:
                seconds = chance.choice([0, 3, 60])
                handles = {"ReceiptHandle": one}, {"ReceiptHandle": other}
                answers = pair.both("change_message_visibility", queue, *handles, VisibilityTimeout=seconds)
                assert isinstance(answers[0], dict) == isinstance(answers[1], dict)


@pytest.mark.parametrize(
    ("method", "given"),
    [
        ("receive_message", {"MaxNumberOfMessages": 11}),
        ("send_message_batch", {"Entries": []}),
        ("send_message_batch", {"Entries": [{"Id": "a", "MessageBody": "x"}, {"Id": "a", "MessageBody": "y"}]}),
        ("send_message_batch", {"Entries": [{"Id": str(n), "MessageBody": "x"} for n in range(11)]}),
        ("delete_message", {"ReceiptHandle": "no receipt"}),
        ("change_message_visibility", {"ReceiptHandle": "no receipt", "VisibilityTimeout": 3}),
    ],
)
def test_what_is_wrong_is_refused_alike(pair: Pair, method: str, given: dict[str, Any]) -> None:
    one, other = pair.both(method, "work", **given)
    assert isinstance(one, str)
    assert one == other


# --- what moto does not do


def queue_of(clock: Clock) -> EmbeddedSQSClient:
    client = EmbeddedSQSClient(clock)
    client.create_queue(QueueName="work")
    return client


def send(client: EmbeddedSQSClient, *bodies: str, group: str = "acme", delay: int = 0) -> None:
    for start in range(0, len(bodies), 10):
        entries = [
            {"Id": str(number), "MessageBody": body, "MessageGroupId": group, "DelaySeconds": delay}
            for number, body in enumerate(bodies[start : start + 10])
        ]
        client.send_message_batch(QueueUrl="work", Entries=entries)


def test_a_group_with_many_messages_keeps_no_other_waiting() -> None:
    client = queue_of(Clock())
    send(client, *(f"many {number}" for number in range(1000)), group="large")
    send(client, "few 0", "few 1", group="small")
    received = client.receive_message(QueueUrl="work", MaxNumberOfMessages=4)["Messages"]
    assert [message["Body"] for message in received] == ["many 0", "few 0", "many 1", "few 1"]


def test_an_older_receipt_deletes_nothing() -> None:
    clock = Clock()
    client = queue_of(clock)
    send(client, "once")
    [first] = client.receive_message(QueueUrl="work")["Messages"]
    clock.now += 31
    [second] = client.receive_message(QueueUrl="work")["Messages"]
    client.delete_message(QueueUrl="work", ReceiptHandle=first["ReceiptHandle"])
    assert client.texts("work") == ["once"]
    client.delete_message(QueueUrl="work", ReceiptHandle=second["ReceiptHandle"])
    client.delete_message(QueueUrl="work", ReceiptHandle=second["ReceiptHandle"])
    assert client.texts("work") == []
