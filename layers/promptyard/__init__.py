"""Promptyard: a serverless playground API for language models.

`promptyard.Client` and `AsyncClient` are the client of its API, where that is installed; the Lambda layer has none."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from promptyard_cli.client import ApiError as ApiError
    from promptyard_cli.client import AsyncClient as AsyncClient
    from promptyard_cli.client import BadAccess as BadAccess
    from promptyard_cli.client import Client as Client
    from promptyard_cli.client import ClientError as ClientError
    from promptyard_cli.client import Done as Done
    from promptyard_cli.client import Event as Event
    from promptyard_cli.client import Failed as Failed
    from promptyard_cli.client import NotReachable as NotReachable
    from promptyard_cli.client import Reasoning as Reasoning
    from promptyard_cli.client import RunFailed as RunFailed
    from promptyard_cli.client import StreamLost as StreamLost
    from promptyard_cli.client import Text as Text
    from promptyard_cli.client import ToolCallPiece as ToolCallPiece

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """The client when it is first asked for: who imports what is served pays nothing for it."""
    if name[:1].isupper():  # no module of ours is
        return getattr(import_module("promptyard_cli.client"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
