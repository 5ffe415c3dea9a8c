"""A queue of Amazon SQS with the messages of benchmarks.

It is a standard queue with the tenant as message group, which makes it a fair one:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import Any

from promptyard.aws.calls import RETRY_AFTER_SECONDS, call
from promptyard.domain.benchmarks.messages import Message, text_of
from promptyard.domain.errors import StoreUnavailable

MAX_BATCH = 10
"""The messages that one request takes."""
MAX_BATCH_BYTES = 250_000
"""Of their texts; SQS takes more, and old stand-ins no more than 256 KB."""
MAX_DELAY_SECONDS = 900
MAX_VISIBILITY_SECONDS = 43_200
ATTEMPTS = 4
AT_ONCE = 5
"""The requests that one `send` has on their way."""


@dataclass(frozen=True, slots=True)
class Received:
    """One delivery of a message."""

    text: str
    receipt: str
    receives: int
    """How often it was delivered, with this time."""


class BenchmarkQueue:
    """Implements `services.ports.benchmarks.Queue`. `client` is called at the first request; `aside` is the URL of the
    queue of what was put aside. `at_once`: it answers from this process."""

    def __init__(self, client: Callable[[], Any], url: str, aside: str, *, at_once: bool = False) -> None:
        self._client = client
        self._url = url
        self._aside = aside
        self._at_once = at_once
        self._call = partial(call, at_once=at_once)

    async def send(self, messages: Sequence[Message], *, delay_seconds: int = 0) -> None:
        slots = asyncio.Semaphore(AT_ONCE)

        async def send_batch(entries: list[dict[str, Any]]) -> None:
            async with slots:
                await self._send(entries)

        delay = max(0, min(delay_seconds, MAX_DELAY_SECONDS))
        await asyncio.gather(*(send_batch(entries) for entries in _batches(messages, delay)))

    async def put_aside(self, text: str) -> None:
        entry = {"Id": "0", "MessageBody": text}
        await self._call(lambda: self._client().send_message_batch(QueueUrl=self._aside, Entries=[entry]))

    async def _send(self, entries: list[dict[str, Any]]) -> None:
        """SQS may take some of a batch and not others: these are sent again."""
        left = entries
        for attempt in range(ATTEMPTS):
            answer = await self._call(partial(self._request, left))
            failed = {entry["Id"] for entry in answer.get("Failed", [])}
            left = [entry for entry in left if entry["Id"] in failed]
            if not left:
                return
            await asyncio.sleep(0.1 * 2**attempt)
        raise StoreUnavailable("The queue does not take messages", retry_after=RETRY_AFTER_SECONDS)

    def _request(self, entries: list[dict[str, Any]]) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = self._client().send_message_batch(QueueUrl=self._url, Entries=entries)
        return answer

    async def receive(self, count: int) -> list[Received]:
        """Up to `count` messages, and 10, of those that are there."""
        answer = await self._call(
            lambda: self._client().receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=min(count, MAX_BATCH),
                MessageSystemAttributeNames=["ApproximateReceiveCount"],
            )
        )
        return [
            Received(entry["Body"], entry["ReceiptHandle"], int(entry["Attributes"]["ApproximateReceiveCount"]))
            for entry in answer.get("Messages", [])
        ]

    async def delete(self, receipt: str) -> None:
        """It is done."""
        await self._call(lambda: self._client().delete_message(QueueUrl=self._url, ReceiptHandle=receipt))

    async def give_back(self, receipt: str, delay_seconds: float) -> None:
        """It is to be delivered again after so long: in whole seconds, where it is SQS."""
        seconds = max(0, min(delay_seconds, MAX_VISIBILITY_SECONDS))
        seconds = seconds if self._at_once else ceil(seconds)
        await self._call(
            lambda: self._client().change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=receipt, VisibilityTimeout=seconds
            )
        )


def _batches(messages: Sequence[Message], delay: int) -> Iterator[list[dict[str, Any]]]:
    entries: list[dict[str, Any]] = []
    size = 0
    for message in messages:
        text = text_of(message)
        length = len(text.encode())
        if entries and (len(entries) == MAX_BATCH or size + length > MAX_BATCH_BYTES):
            yield entries
            entries, size = [], 0
        entry: dict[str, Any] = {"Id": str(len(entries)), "MessageBody": text, "DelaySeconds": delay}
        if message.tenant:
            entry["MessageGroupId"] = message.tenant
        entries.append(entry)
        size += length
    if entries:
        yield entries
