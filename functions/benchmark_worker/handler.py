"""The worker's function: called with some messages of the queue of benchmarks, which it works on at once.

What is not done is reported one by one, so that the rest of a batch is deleted from the queue; when it comes again is
said to the queue before.
"""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.batch import AsyncBatchProcessor, EventType, async_process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from promptyard.bootstrap.parts import Parts

PARTS = (
    "callers",
    "models",
    "metering",
    "prompts",
    "telemetry",
    "runs",
    "playgrounds",
    "running",
    "benchmarks",
    "benchmark_work",
)
AFTER_A_RUN_SECONDS = 90
"""What judges, and the writes of what came of a cell, may take of the function's time."""

_processor = AsyncBatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


class NotYet(Exception):
    """The message is to come again."""


def handler(event: Any, context: Any) -> PartialItemFailureResponse:
    """`event` holds messages of SQS. The answer names those that are not to be deleted."""
    seconds = context.get_remaining_time_in_millis() / 1000 - AFTER_A_RUN_SECONDS
    longest = min(seconds, _parts().settings.run_deadline_seconds)

    async def work(record: SQSRecord) -> None:
        parts, attributes = _parts(), record.attributes
        receives = int(attributes.approximate_receive_count)
        wait = await parts.benchmark_work.worker.handle(record.body, receives=receives, seconds=longest)
        await parts.runs.store.counted()  # nothing goes on while the function is frozen
        await parts.rest()
        if wait is not None:
            await parts.benchmarks.queue.give_back(record.receipt_handle, wait)
            raise NotYet

    return async_process_partial_response(event, work, _processor, context)


@cache
def _parts() -> Parts:
    """Made by the first invocation, and kept for the next ones."""
    return Parts.from_environment(*PARTS)
