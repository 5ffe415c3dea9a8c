"""The Python client: `Client` and, for asyncio, `AsyncClient`; on httpx."""

from promptyard_cli.client.asynchronous.client import AsyncClient as AsyncClient
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
from promptyard_cli.client.synchronous.client import Client as Client
