"""What goes wrong, and the forms in which Lambda wants to hear of it."""

import base64
import json
import traceback
from pathlib import Path
from typing import TypedDict

# Lambda reads the trailers into a buffer of 4 KiB; its emulator dies of larger ones.
_MAX_ERROR_TYPE_BYTES = 200
_CUT = "The application failed after its answer had begun: the function's log says why"
_PACKAGE = str(Path(__file__).parent)

ERROR_TYPE = "Lambda-Runtime-Function-Error-Type"
ERROR_BODY = "Lambda-Runtime-Function-Error-Body"


class Fault(Exception):
    """A failure that the runtime itself found; `error_type` is what Lambda and its metrics call it."""

    error_type = "Runtime.Fault"


class InvalidSetting(Fault):
    error_type = "Runtime.InvalidSetting"


class UnsupportedEvent(Fault):
    """The event is no HTTP request."""

    error_type = "Runtime.UnsupportedEvent"


class IncompleteResponse(Fault):
    """The application returned before its response was complete."""

    error_type = "Runtime.IncompleteResponse"


class DeadlineExceeded(Fault):
    error_type = "Runtime.DeadlineExceeded"


class BadBody(Fault):
    """The request's body is not what the event says that it is."""

    error_type = "Runtime.BadBody"


class LoadError(Fault):
    """The application cannot be imported."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(message)
        self.error_type = error_type


class ErrorReport(TypedDict):
    """Lambda's error object: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-invokeerror."""

    errorMessage: str
    errorType: str
    requestId: str
    stackTrace: list[str]


def describe(error: BaseException, request_id: str = "") -> ErrorReport:
    """The error as Lambda's error object; its stack trace begins where the application's code does."""
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if not frame.filename.startswith(_PACKAGE)]
    return {
        "errorMessage": message_of(error),
        "errorType": error.error_type if isinstance(error, Fault) else type(error).__name__,
        "requestId": request_id,
        "stackTrace": traceback.format_list(theirs),
    }


def message_of(error: BaseException) -> str:
    """The error's text, whatever its own class makes of it: a report that fails would end the process."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001
        return "<the message cannot be shown>"


def header_value(text: str) -> str:
    """The text with nothing in it that a header line cannot carry."""
    return "".join(character if " " <= character <= "~" else "?" for character in text)


def trailers(report: ErrorReport) -> list[tuple[str, str]]:
    """The two trailers that report an error after the first byte: its type and the request alone. They go where the
    answer goes, and an exception's text and lines of code may hold what no caller is to see."""
    error_type = header_value(report["errorType"])[:_MAX_ERROR_TYPE_BYTES]
    shown: ErrorReport = {
        "errorMessage": _CUT,
        "errorType": error_type,
        "requestId": report["requestId"],
        "stackTrace": [],
    }
    return [(ERROR_TYPE, error_type), (ERROR_BODY, base64.b64encode(json.dumps(shown).encode()).decode())]
