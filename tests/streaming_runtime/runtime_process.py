"""The runtime as Lambda starts it: the exec wrapper, as a child process."""

import contextlib
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from tests.support.servers.child_process import ChildProcess, child_process

WRAPPER = Path(__file__).parents[2] / "layers" / "asgi_stream_runtime" / "asgi-stream-runtime"
APPS = Path(__file__).parent / "apps"
# What Lambda gives an exec wrapper is the command of its own runtime; here, `-m awslambdaric` is its `bootstrap.py`.
COMMAND = (str(WRAPPER), sys.executable, "-m", "awslambdaric")


def lambda_environment(address: str, handler: str, **more: str) -> dict[str, str]:
    """As Lambda sets it for a function of that handler."""
    return {
        "PATH": os.environ["PATH"],
        "AWS_LAMBDA_RUNTIME_API": address,
        "AWS_LAMBDA_FUNCTION_NAME": "run",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.12",
        "LAMBDA_TASK_ROOT": str(APPS),
        "_HANDLER": handler,
        "ASGI_STREAM_MODE": "stream",
        **more,
    }


@contextlib.asynccontextmanager
async def runtime_process(environment: dict[str, str]) -> AsyncIterator[ChildProcess]:
    command = [*COMMAND, environment["_HANDLER"]]
    async with child_process(command, environment=environment, directory=APPS) as process:
        yield process
