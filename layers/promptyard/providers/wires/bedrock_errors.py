"""Errors of Amazon Bedrock, as its service model names them."""

from promptyard.domain.errors import ProviderError
from promptyard.providers.reading import faults

REFUSED = "Bedrock does not let this server call the model: its role lacks the permission, or its credentials expired"

STATUS_OF_ERROR = {
    "InternalServerException": 500,
    "ModelErrorException": 424,
    "ModelNotReadyException": 503,
    "ModelStreamErrorException": 424,
    "ModelTimeoutException": 408,
    "ServiceUnavailableException": 503,
    "ThrottlingException": 429,
    "ValidationException": 400,
    "ExpiredTokenException": 403,
}
"""By the service model. Inside a stream there is no status, and a model that is still being loaded comes as a 429,
though no rate was exceeded."""


def provider_error(
    code: str, message: str | None, *, status: int | None = None, retry_after: float | None = None
) -> ProviderError:
    """From an exception of the service model; inside a stream its name begins with a small letter."""
    name = code[:1].upper() + code[1:]
    status = STATUS_OF_ERROR.get(name, status or 500)
    # What a model says of itself in the middle of its stream may pass, what it says of the request before does not.
    retryable = True if name == "ModelStreamErrorException" else None
    # Amazon's own sentence names the role and the account, which are no business of the caller's.
    sentence = REFUSED if status == 403 else faults.error_message({"message": message}, status)
    return faults.error_for_status(status, sentence, retry_after=retry_after, retryable=retryable)
