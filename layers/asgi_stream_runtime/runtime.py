"""The life of an execution environment: load the application, be snapshotted and restored, serve, end."""

import asyncio
import contextlib
import importlib
import inspect
import os
import random
import signal
from typing import Any, cast

from mangum import Mangum
from mangum.exceptions import LifespanFailure
from mangum.protocols import LifespanCycle
from mangum.types import ASGI

from asgi_stream_runtime import managed_runtime
from asgi_stream_runtime.errors import LoadError, describe
from asgi_stream_runtime.http_client import RuntimeApiError
from asgi_stream_runtime.invocation import InvocationHandler
from asgi_stream_runtime.runtime_api import RuntimeApi
from asgi_stream_runtime.settings import read_settings

# awslambdaric's own words and exit codes.
BEFORE_SNAPSHOT_ERROR = "Runtime.BeforeSnapshotError"
AFTER_RESTORE_ERROR = "Runtime.AfterRestoreError"
EXIT_ERROR = 1
EXIT_BEFORE_SNAPSHOT_ERROR = 64
EXIT_AFTER_RESTORE_ERROR = 65
# The most that Lambda waits after SIGTERM: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
_SHUTDOWN_SECONDS = 2


def run() -> int:
    """Serve until Lambda ends the environment. Returns the process's exit code."""
    log = managed_runtime.start_logging()
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    with asyncio.Runner() as runner:
        try:
            settings = read_settings(os.environ)
            app = load_application(settings.application)
        except Exception as error:  # noqa: BLE001  # whatever the application's modules raise
            report = describe(error)
            log(report)
            runner.run(api.report_init_error(report))
            return EXIT_ERROR
        if managed_runtime.is_snap_start() and (exit_code := _be_snapshotted(runner, api, log)):
            return exit_code
        handler = InvocationHandler(app, api, log, settings.grace_ms)
        return runner.run(_serve(app, api, handler, log))


def load_application(name: str) -> ASGI:
    """Import the ASGI application `module.attribute`, or the one inside a Mangum adapter of that name.

    Raises LoadError, or what the module itself raises.
    """
    module_name, _, attribute = name.rpartition(".")
    try:
        module = importlib.import_module(module_name.replace("/", "."))  # Lambda allows both in a handler
    except ImportError as error:
        raise LoadError("Runtime.ImportModuleError", f"Cannot import {module_name}: {error}") from error
    found: Any = getattr(module, attribute, None)
    if found is None:
        raise LoadError("Runtime.HandlerNotFound", f"There is no {attribute} in {module_name}.")
    if isinstance(found, Mangum):
        return found.app
    try:
        inspect.signature(found).bind("scope", "receive", "send")
    except TypeError:
        message = f"{name} is neither an ASGI application nor a Mangum adapter; name one in ASGI_STREAM_APP."
        raise LoadError("Runtime.NotAnApplication", message) from None
    return cast("ASGI", found)


def _be_snapshotted(runner: asyncio.Runner, api: RuntimeApi, log: managed_runtime.Log) -> int | None:
    """Wait to be restored from the snapshot. The hooks run outside the event loop, as awslambdaric runs them.

    Returns an exit code when that failed.
    """
    try:
        managed_runtime.run_before_snapshot_hooks()
        runner.run(api.restore_next())
    except Exception as error:  # noqa: BLE001  # whatever a hook raises
        report = describe(error)
        log(report)
        runner.run(api.report_init_error(report, BEFORE_SNAPSHOT_ERROR))
        return EXIT_BEFORE_SNAPSHOT_ERROR
    random.seed()  # else every environment restored from this snapshot draws the same numbers
    try:
        managed_runtime.run_after_restore_hooks()
    except Exception as error:  # noqa: BLE001
        report = describe(error)
        log(report)
        runner.run(api.report_restore_error(report, AFTER_RESTORE_ERROR))
        return EXIT_AFTER_RESTORE_ERROR
    return None


async def _serve(app: ASGI, api: RuntimeApi, handler: InvocationHandler, log: managed_runtime.Log) -> int:
    """Run the application's lifespan around the invocations: after a restore, so that its connections are fresh."""
    lifespan = LifespanCycle(app, "auto")
    lifespan_task = asyncio.create_task(lifespan.run())
    try:
        await lifespan.startup()
    except LifespanFailure as error:
        report = describe(error)
        log(report)
        if managed_runtime.is_snap_start():
            await api.report_restore_error(report, AFTER_RESTORE_ERROR)
            return EXIT_AFTER_RESTORE_ERROR
        await api.report_init_error(report)
        return EXIT_ERROR
    _cancel_at_sigterm(asyncio.current_task())
    try:
        while True:
            await handler.handle(await api.next_invocation(), lifespan.lifespan_state)
    except RuntimeApiError as error:
        log(describe(error))
        return EXIT_ERROR
    except asyncio.CancelledError:
        with contextlib.suppress(TimeoutError, LifespanFailure):
            async with asyncio.timeout(_SHUTDOWN_SECONDS):
                await lifespan.shutdown()
                await lifespan_task
        return 0


def _cancel_at_sigterm(task: "asyncio.Task[int] | None") -> None:
    """Lambda sends SIGTERM to a function with extensions before it ends the environment."""
    if task is not None and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:  # else the application has its own way
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
