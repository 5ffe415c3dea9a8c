"""Calls of AWS: what their failures are to the caller, and what they do not quote."""

import traceback
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoRegionError,
    ParamValidationError,
    ReadTimeoutError,
)

from promptyard.aws.calls import call
from promptyard.aws.failures import Failure
from promptyard.domain.diagnostics import cause_fields
from promptyard.domain.errors import Conflict, NotFound, PromptyardError, StoreBusy, StoreUnavailable, TooLarge

CANARY = "sk-canary-1c0f"


def answered(code: str, status: int = 400, message: str = "") -> ClientError:
    said = {"Code": code, "Message": f"{message} {CANARY}"}
    answer: Any = {"Error": said, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "PutItem")


def failing(error: Exception) -> Any:
    def request() -> Any:
        raise error

    return request


async def test_the_answer_is_the_requests() -> None:
    assert await call(lambda: {"Item": 1}) == {"Item": 1}


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (answered("ConditionalCheckFailedException"), Conflict),
        (answered("NoSuchKey", 404), NotFound),
        (answered("ThrottlingException"), StoreBusy),
        (answered("SlowDown"), StoreBusy),  # of S3
        (answered("ProvisionedThroughputExceededException"), StoreBusy),
        (answered("ValidationException", 400, "Item size has exceeded the maximum allowed size"), TooLarge),
        (answered("ValidationException", 400, "… more than 38 significant digits in a Number"), TooLarge),
        (answered("AccessDeniedException", 403), StoreUnavailable),
        (answered("InternalServerError", 500), StoreUnavailable),
        (EndpointConnectionError(endpoint_url=f"https://{CANARY}.example"), StoreUnavailable),
        (ReadTimeoutError(endpoint_url=f"https://{CANARY}.example"), StoreUnavailable),
        (NoRegionError(), StoreUnavailable),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)[:60]),
)
async def test_a_failure_is_an_error_of_ours_that_quotes_nothing(error: Exception, ours: type[PromptyardError]) -> None:
    with pytest.raises(PromptyardError) as caught:
        await call(failing(error))
    assert type(caught.value) is ours
    assert (caught.value.retry_after is not None) == issubclass(ours, StoreUnavailable)
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    assert cause_fields(caught.value)["cause"] == type(error).__name__, "the log still says what it was"


@pytest.mark.parametrize(
    "error",
    [answered("ValidationException"), ParamValidationError(report="bad"), ValueError("a bug of ours")],
    ids=lambda error: type(error).__name__,
)
async def test_what_only_a_bug_can_cause_is_raised_as_it_is(error: Exception) -> None:
    with pytest.raises(type(error)) as caught:
        await call(failing(error))
    assert caught.value is error


async def test_a_caller_may_have_its_own_meaning() -> None:
    class Refused(Exception):
        def __init__(self, failure: Failure) -> None:
            super().__init__(failure.code, failure.status)

    for error, expected in (
        (answered("AccessDeniedException", 403), ("AccessDeniedException", 403)),
        (ParamValidationError(report=CANARY), ("ParamValidationError", None)),
    ):
        with pytest.raises(Refused) as caught:
            await call(failing(error), Refused)
        assert caught.value.args == expected
        assert CANARY not in "".join(traceback.format_exception(caught.value))
