"""What may be logged of an exception: never its text, which may quote a request, a prompt or a key."""

import traceback
from typing import Any


def crash_fields(error: BaseException) -> dict[str, Any]:
    """Its type and where it came from, never its text: that may quote a request, a prompt or a key."""
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    return {
        "error_type": type(error).__name__,
        "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }


def cause_fields(error: BaseException) -> dict[str, Any]:
    """What an error of ours was made of: the type of the exception before it and, where AWS refused, AWS's code and the
    operation."""
    cause = error.__cause__ or error.__context__
    if cause is None:
        return {}
    answer = getattr(cause, "response", None)  # of botocore's ClientError
    code = answer.get("Error", {}).get("Code") if isinstance(answer, dict) else None
    operation = getattr(cause, "operation_name", None)
    return {"cause": type(cause).__name__, "aws_code": code, "aws_operation": operation}
