"""How a client's program is talked to: what is asked comes as a line of JSON, and its outcome goes as another."""

import json
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

Outcome = dict[str, Any]


def serve(outcome: Callable[[Any], Outcome], *errors: type[Exception]) -> None:
    """Those errors are the client's own way to say that something went wrong; any other is a failure of it. An outcome
    with `ends` is the last one: the client gives no other way to leave a stream."""
    answers, sys.stdout = sys.stdout, sys.stderr  # what a client says beside is no outcome
    for line in sys.stdin:
        try:
            told = outcome(json.loads(line))
        except errors as error:
            told = {"error": told_of(error)}
        except Exception:  # noqa: BLE001 - whatever it is, it is shown where the test fails
            told = {"failed": traceback.format_exc()}
        print(json.dumps(told), file=answers, flush=True)
        if told.get("ends"):
            os._exit(0)


def told_of(error: Exception) -> Outcome:
    return {"kind": type(error).__name__, "status": getattr(error, "status_code", None), "message": str(error)}
