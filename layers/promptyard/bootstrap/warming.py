"""What a first request would have to wait for, done before it."""

from functools import partial
from importlib import import_module

from fastapi import FastAPI

from promptyard.api.late_routes import make_routes
from promptyard.domain.deferred import build_models

_LATE = ("_strptime", "anyio._backends._asyncio", "encodings.idna", "promptyard.api.idempotency")
"""What is imported when it is first used."""


def warm(app: FastAPI) -> None:
    """Import and make all that a first request to the app needs, without opening a socket. Raises BadSetting."""
    for module in _LATE:
        import_module(module)
    app.state.provided().warm()
    make_routes(app)
    build_models()
    if app.middleware_stack is None:
        app.middleware_stack = app.build_middleware_stack()


def warm_for_runs(app: FastAPI) -> None:
    """While the function starts: DynamoDB's client, the largest piece of what a first run waits for, and the one that
    it waits for before it is known who calls."""
    app.state.provided().clients.warm("dynamodb")


def warm_before_snapshot(app: FastAPI) -> None:
    """To be called at import. With SnapStart, Lambda keeps a snapshot of the process, and restores it for each cold
    start (https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html). Elsewhere: nothing."""
    try:
        from snapshot_restore_py import register_before_snapshot  # type: ignore[import-untyped]
    except ImportError:
        return
    register_before_snapshot(partial(warm, app))
