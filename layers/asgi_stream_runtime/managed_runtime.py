"""What is taken from awslambdaric, the managed runtime's own interface client, so that a function logs and fails as
it does there. The layer brings the version that is tested; without it the managed runtime's is found: only what has the
same form since 2.0.12 (the SnapStart hooks since 3.0.0) is used, and only here."""

import json
import logging
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

from awslambdaric import bootstrap  # type: ignore[import-untyped]
from awslambdaric.lambda_context import LambdaContext  # type: ignore[import-untyped]

from asgi_stream_runtime.errors import ErrorReport, message_of
from asgi_stream_runtime.runtime_api import Invocation

Log = Callable[[ErrorReport], None]


class _InvocationFilter(logging.Filter):
    """Adds to each record what awslambdaric's own filter, which knows the request id, leaves out."""

    trace_id: str | None = None
    deadline_ms: int | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        record.xray_trace_id = self.trace_id
        record.deadline_ms = self.deadline_ms
        return True


_invocation_filter = _InvocationFilter()


def start_logging() -> Log:
    """Set the root logger up as Lambda does (its format and level come from the function's logging settings).

    Returns the function that logs an error in Lambda's own form.
    """
    sys.stdout = bootstrap.Unbuffered(sys.stdout)
    sys.stderr = bootstrap.Unbuffered(sys.stderr)
    sink = bootstrap.create_log_sink()
    sink.__enter__()  # for the life of the process
    bootstrap._setup_logging(bootstrap._AWS_LAMBDA_LOG_FORMAT, bootstrap._AWS_LAMBDA_LOG_LEVEL, sink)
    for handler in logging.getLogger().handlers:
        handler.addFilter(_invocation_filter)
    return lambda report: bootstrap.log_error(report, sink)


def begin_invocation(invocation: Invocation) -> Any:
    """Make the invocation known to the log, the X-Ray SDK and the application. Returns Lambda's context object."""
    bootstrap._GLOBAL_AWS_REQUEST_ID = invocation.request_id
    bootstrap._GLOBAL_TENANT_ID = invocation.tenant_id
    bootstrap.update_xray_env_variable(invocation.trace_id)
    _invocation_filter.trace_id = invocation.trace_id
    _invocation_filter.deadline_ms = invocation.deadline_ms
    context = LambdaContext(
        invocation.request_id,
        json.loads(invocation.client_context or "null"),
        json.loads(invocation.cognito_identity or "null"),
        invocation.deadline_ms or 0,
        invocation.function_arn,
    )
    context.tenant_id = invocation.tenant_id
    return context


def xray_cause(error: BaseException) -> str:
    """The error as X-Ray wants it, in JSON."""
    frames = [(f.filename, f.lineno, f.name, f.line) for f in traceback.extract_tb(error.__traceback__)]
    return json.dumps(bootstrap.make_xray_fault(type(error).__name__, message_of(error), os.getcwd(), frames))


def is_snap_start() -> bool:
    return os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start"


def run_before_snapshot_hooks() -> None:
    from awslambdaric import lambda_runtime_hooks_runner  # absent from Python 3.11's, which has no SnapStart

    lambda_runtime_hooks_runner.run_before_snapshot()


def run_after_restore_hooks() -> None:
    from awslambdaric import lambda_runtime_hooks_runner

    lambda_runtime_hooks_runner.run_after_restore()
