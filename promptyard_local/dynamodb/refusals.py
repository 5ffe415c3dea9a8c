"""Errors as boto3's clients raise them."""

from functools import cache
from typing import Any

from botocore.exceptions import ClientError


def refused(code: str, message: str, status: int = 400, item: Any = None) -> ClientError:
    """`item` is the one for which a condition did not hold, where it is asked for."""
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status, "RetryAttempts": 0},
    }
    if item is not None:
        response["Item"] = item
    return error_class(code)(response, "")


def invalid(message: str) -> ClientError:
    """A request that could not be carried out whatever the table holds."""
    return refused("ValidationException", message)


@cache
def error_class(code: str) -> type[ClientError]:
    """What `client.exceptions` has for that code."""
    return type(code, (ClientError,), {})


class ErrorClasses:
    """`client.exceptions`."""

    def __getattr__(self, code: str) -> type[ClientError]:
        return error_class(code)
