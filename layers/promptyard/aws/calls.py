"""Calls of AWS from a coroutine: in a thread, with failures turned into errors of ours.

These are not chained to botocore's, which quote a parameter that they refuse: it may be a key. What kind of failure it
was, the service's code and the operation are logged all the same (`domain.diagnostics.cause_fields`).
"""

import asyncio
import random
from collections.abc import Callable
from typing import TypeVar

from anyio.to_thread import run_sync

from promptyard.aws.failures import Failure, failure_of
from promptyard.domain.errors import Conflict, NotFound, PromptyardError, StoreBusy, StoreUnavailable, TooLarge

RETRY_AFTER_SECONDS = 1.0

_REFUSALS = frozenset(
    {"ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded", "SlowDown"}
)
_PROGRAMMING_ERRORS = frozenset(
    {"ValidationException", "SerializationException", "InvalidArgument", "ParamValidationError"}
)

Answer = TypeVar("Answer")


Meaning = Callable[[Failure], Exception | None]
"""What a failure is to the caller; None raises botocore's error as it is: only a bug can cause it."""


def store_error(failure: Failure) -> PromptyardError | None:
    """What it means to who keeps data: Conflict when a condition did not hold, NotFound for an object that is not
    there, StoreBusy when the last answer was that the service throttles, TooLarge for more than it keeps,
    StoreUnavailable when it cannot be reached, refuses or fails."""
    if failure.code == "ConditionalCheckFailedException":
        return Conflict("The record is not in the state that this change needs")
    if failure.code == "NoSuchKey":
        return NotFound("There is no such object")
    if failure.code in _REFUSALS:
        return StoreBusy("The store is busy", retry_after=RETRY_AFTER_SECONDS)
    if failure.is_too_large:
        return TooLarge("The store keeps nothing as large as this")
    if failure.code in _PROGRAMMING_ERRORS:
        return None
    return StoreUnavailable("The store cannot be reached", retry_after=RETRY_AFTER_SECONDS)


async def call(request: Callable[[], Answer], meaning: Meaning = store_error, *, at_once: bool = False) -> Answer:
    """Make a request with a boto3 client, which may be made by it, in a thread; or here, where it is answered
    `at_once`. Raises what `meaning` makes of its failure."""
    try:
        if not at_once:
            return await run_sync(request)
        await asyncio.sleep(0)  # whoever asks again and again does not keep others waiting
        return request()
    except Exception as error:
        failure = failure_of(error)
        ours = None if failure is None else meaning(failure)
        if ours is None:
            raise
        try:
            raise ours from None
        finally:
            del ours  # it has this frame, which would have it: neither would go before the next look for garbage


def pause(first: float, attempt: int) -> float:
    """Seconds before trying again: twice as long each time, and of a random length, so that those who want the same do
    not meet again. `attempt` counts from 0."""
    return float(first * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311 - spreads retries, guards nothing
