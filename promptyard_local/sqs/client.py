"""What stands where boto3's SQS client is expected."""

import json
import threading
import time
from collections.abc import Callable
from typing import Any

from promptyard_local.dynamodb.refusals import ErrorClasses, refused
from promptyard_local.sqs.queue import EmbeddedQueue, QueuedMessage, Redrive

MAX_BATCH = 10
MAX_DELAY_SECONDS = 900
MAX_VISIBILITY_SECONDS = 43_200
_ARN = "arn:aws:sqs:us-east-1:000000000000:"


class EmbeddedSQSClient:
    """The few methods of boto3's client that are used. Any thread may call them. Each raises a botocore ClientError
    with SQS's code. A queue's URL is its name, or ends with it. Nothing is kept on disk."""

    exceptions = ErrorClasses()

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._queues: dict[str, EmbeddedQueue] = {}
        self._lock = threading.Lock()

    def create_queue(self, **parameters: Any) -> dict[str, Any]:
        """Of the attributes `VisibilityTimeout` and `RedrivePolicy` count."""
        name, given = parameters["QueueName"], parameters.get("Attributes", {})
        with self._lock:
            redrive = None
            if "RedrivePolicy" in given:
                policy = json.loads(given["RedrivePolicy"])
                target = self._queue(str(policy["deadLetterTargetArn"]).rpartition(":")[2])
                redrive = Redrive(target, int(policy["maxReceiveCount"]))
            if name not in self._queues:
                self._queues[name] = EmbeddedQueue(name, int(given.get("VisibilityTimeout", 30)), redrive)
        return {"QueueUrl": name}

    def get_queue_attributes(self, **parameters: Any) -> dict[str, Any]:
        with self._lock:
            queue = self._queue(parameters["QueueUrl"])
            visible, in_flight, delayed = queue.counts(self._clock())
        known = {
            "QueueArn": _ARN + queue.name,
            "ApproximateNumberOfMessages": str(visible),
            "ApproximateNumberOfMessagesNotVisible": str(in_flight),
            "ApproximateNumberOfMessagesDelayed": str(delayed),
            "VisibilityTimeout": str(queue.visibility_seconds),
        }
        return {"Attributes": {name: known[name] for name in parameters["AttributeNames"]}}

    def send_message_batch(self, **parameters: Any) -> dict[str, Any]:
        entries = parameters["Entries"]
        _check_entries(entries)
        with self._lock:
            queue, now = self._queue(parameters["QueueUrl"]), self._clock()
            sent = [
                queue.send(entry["MessageBody"], entry.get("MessageGroupId"), entry.get("DelaySeconds", 0), now)
                for entry in entries
            ]
        return {"Successful": [{"Id": entry["Id"], "MessageId": id_} for entry, id_ in zip(entries, sent, strict=True)]}

    def receive_message(self, **parameters: Any) -> dict[str, Any]:
        count = parameters.get("MaxNumberOfMessages", 1)
        if not 1 <= count <= MAX_BATCH:
            raise refused("InvalidParameterValue", f"Value {count} for parameter MaxNumberOfMessages is invalid")
        with self._lock:
            queue = self._queue(parameters["QueueUrl"])
            seconds = parameters.get("VisibilityTimeout", queue.visibility_seconds)
            received = queue.receive(count, seconds, self._clock())
            messages = [_delivered(message, parameters.get("MessageSystemAttributeNames", [])) for message in received]
        return {"Messages": messages} if messages else {}

    def delete_message(self, **parameters: Any) -> dict[str, Any]:
        with self._lock:
            if not self._queue(parameters["QueueUrl"]).delete(parameters["ReceiptHandle"]):
                raise refused("ReceiptHandleIsInvalid", "That is no receipt handle of this queue", 404)
        return {}

    def change_message_visibility(self, **parameters: Any) -> dict[str, Any]:
        seconds = parameters["VisibilityTimeout"]
        _check("VisibilityTimeout", seconds, MAX_VISIBILITY_SECONDS)
        with self._lock:
            if not self._queue(parameters["QueueUrl"]).give_back(parameters["ReceiptHandle"], seconds, self._clock()):
                raise refused("ReceiptHandleIsInvalid", "That is no receipt handle of this queue", 404)
        return {}

    def texts(self, name: str) -> list[str]:
        """What is in a queue, in whatever state; no method of boto3's."""
        with self._lock:
            return self._queue(name).texts()

    def close(self) -> None:
        """There is nothing open."""

    def _queue(self, url: str) -> EmbeddedQueue:
        name = url.rpartition("/")[2]
        if name not in self._queues:
            raise refused("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist")
        return self._queues[name]


def _check_entries(entries: list[dict[str, Any]]) -> None:
    if not entries:
        raise refused("AWS.SimpleQueueService.EmptyBatchRequest", "There is no entry in the request")
    if len(entries) > MAX_BATCH:
        raise refused("AWS.SimpleQueueService.TooManyEntriesInBatchRequest", "There are more than ten entries")
    if len({entry["Id"] for entry in entries}) < len(entries):
        raise refused("AWS.SimpleQueueService.BatchEntryIdsNotDistinct", "Two entries have the same id")
    for entry in entries:
        _check("DelaySeconds", entry.get("DelaySeconds", 0), MAX_DELAY_SECONDS)


def _delivered(message: QueuedMessage, attributes: list[str]) -> dict[str, Any]:
    known = {"ApproximateReceiveCount": str(message.receives)}
    delivered: dict[str, Any] = {"MessageId": message.id, "ReceiptHandle": message.receipt, "Body": message.text}
    if wanted := {name: known[name] for name in attributes}:
        delivered["Attributes"] = wanted
    return delivered


def _check(name: str, seconds: int, most: int) -> None:
    if not 0 <= seconds <= most:
        raise refused("InvalidParameterValue", f"Value {seconds} for parameter {name} is invalid")
