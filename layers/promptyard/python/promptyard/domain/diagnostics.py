"""What may be logged of an exception that nobody expected."""

import traceback
from typing import Any


def crash_fields(error: BaseException) -> dict[str, Any]:
    """Its type and where it came from, never its text: that may quote a request, a prompt or a key."""
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    return {
        "error_type": type(error).__name__,
        "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
