"""The Python client: `Client` and, for asyncio, `AsyncClient`; on httpx."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from promptyard_cli.client.errors import ApiError as ApiError
from promptyard_cli.client.errors import BadAccess as BadAccess
from promptyard_cli.client.errors import ClientError as ClientError
from promptyard_cli.client.errors import NotReachable as NotReachable
from promptyard_cli.client.errors import RunFailed as RunFailed
from promptyard_cli.client.errors import StreamLost as StreamLost
from promptyard_cli.client.events import Done as Done
from promptyard_cli.client.events import Event as Event
from promptyard_cli.client.events import Failed as Failed
from promptyard_cli.client.events import Reasoning as Reasoning
from promptyard_cli.client.events import Text as Text
from promptyard_cli.client.events import ToolCallPiece as ToolCallPiece

if TYPE_CHECKING:
    from promptyard_cli.client.asynchronous.client import AsyncClient as AsyncClient
    from promptyard_cli.client.synchronous.client import Client as Client

_CLIENTS = {"AsyncClient": "asynchronous", "Client": "synchronous"}


def __getattr__(name: str) -> Any:
    """The one that is asked for: asyncio takes a fifth of a command's start."""
    if name in _CLIENTS:
        return getattr(import_module(f"{__name__}.{_CLIENTS[name]}.client"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
