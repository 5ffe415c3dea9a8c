"""How a call of AWS has failed."""

from dataclasses import dataclass

_BEYOND_A_LIMIT = (
    "Item size ",
    "Size of ",
    "Number overflow",
    "Number underflow",
    "significant digits",
    "Nesting Levels ",
)
"""What DynamoDB says where an item, a key or a number is larger than it keeps any."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a call has failed, without anything of what was sent."""

    code: str
    """The service's (`ConditionalCheckFailedException`), or the name of botocore's exception (`ReadTimeoutError`)."""
    status: int | None = None
    """HTTP's, None where no answer came."""
    is_too_large: bool = False
    """DynamoDB keeps nothing that large."""


def failure_of(error: Exception) -> Failure | None:
    """None for what is not botocore's."""
    from botocore.exceptions import BotoCoreError, ClientError  # only a failure pays for it

    if isinstance(error, ClientError):
        said = error.response.get("Error", {})
        code, message = said.get("Code", "an error"), said.get("Message", "")
        is_too_large = code == "ValidationException" and any(words in message for words in _BEYOND_A_LIMIT)
        return Failure(code, error.response.get("ResponseMetadata", {}).get("HTTPStatusCode"), is_too_large)
    return Failure(type(error).__name__) if isinstance(error, BotoCoreError) else None
