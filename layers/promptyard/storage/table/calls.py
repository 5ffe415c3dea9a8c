"""AWS calls from async code: in a thread, with failures turned into the domain's errors."""

from collections.abc import Callable
from typing import NoReturn, TypeVar

from anyio.to_thread import run_sync

from promptyard.domain.errors import Conflict, NotFound, StoreBusy, StoreUnavailable

RETRY_AFTER_SECONDS = 1.0

_REFUSALS = frozenset({"ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"})
_PROGRAMMING_ERRORS = frozenset({"ValidationException", "SerializationException", "InvalidArgument"})

Answer = TypeVar("Answer")


async def call(request: Callable[[], Answer]) -> Answer:
    """Make a request with a boto3 client, which may be made by it, in a thread.

    Raises Conflict when a condition did not hold, NotFound for an S3 object that is not there, StoreUnavailable when
    the service cannot be reached, refuses or fails, StoreBusy when its last answer was that it throttles. What only a
    bug can cause is raised as it is.
    """
    try:
        return await run_sync(request)
    except Exception as error:  # noqa: BLE001 - raised again, as ours or as it is
        _raise_as_ours(error)


def _raise_as_ours(error: Exception) -> NoReturn:
    from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError  # only a failure pays for it

    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code", "")
        if code == "ConditionalCheckFailedException":
            raise Conflict("The record is not in the state that this change needs") from error
        if code == "NoSuchKey":
            raise NotFound("There is no such object") from error
        if code in _REFUSALS:
            raise StoreBusy("The store is busy", retry_after=RETRY_AFTER_SECONDS) from error
        if code not in _PROGRAMMING_ERRORS:
            raise StoreUnavailable("The store cannot be reached", retry_after=RETRY_AFTER_SECONDS) from error
    elif isinstance(error, BotoCoreError) and not isinstance(error, ParamValidationError):
        raise StoreUnavailable("The store cannot be reached", retry_after=RETRY_AFTER_SECONDS) from error
    raise error
