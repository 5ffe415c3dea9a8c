"""What everything is made from, and what was made of it: each part once, at its first use."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from fastapi import Depends, Request

from promptyard.aws.clients import Clients
from promptyard.settings import BadSetting, Settings
from promptyard.storage.table.objects import Objects
from promptyard.storage.table.table import Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Made = TypeVar("Made")


class Parts:
    """The settings, the environment (provider keys and the names of tables and buckets), AWS clients; and by class what
    was made of them. A part is a class of this package's, that is made with these parts alone."""

    def __init__(self, settings: Settings, environment: Mapping[str, str], clients: Clients | None = None) -> None:
        self.settings = settings
        self.environment = environment
        self.clients = clients or Clients()
        self._made: dict[Callable[[Any], Any], Any] = {}

    def __getitem__(self, kind: "Callable[[Parts], Made]") -> Made:
        """The part of that class."""
        made: Made | None = self._made.get(kind)
        if made is None:
            made = self._made[kind] = kind(self)
        return made

    def table(self, name: str, client: "Callable[[], DynamoDBClient] | None" = None) -> Table:
        """One that the environment does not name raises BadSetting when it is used, not before: a function is told the
        names of what its own routes use, and services know of more."""
        setting = f"PROMPTYARD_{name.upper()}_TABLE"
        in_aws = self.environment.get(setting, "")
        return Table(client or self.clients.dynamodb, in_aws) if in_aws else Table(_not_set(setting), setting)

    @cached_property
    def bucket(self) -> Objects:
        """As `table`."""
        setting = "PROMPTYARD_RUNS_BUCKET"
        in_aws = self.environment.get(setting, "")
        return Objects(self.clients.s3, in_aws) if in_aws else Objects(_not_set(setting), setting)

    @property
    def retention(self) -> timedelta | None:
        """How long runs are kept."""
        return self.settings.retention()

    async def close(self) -> None:
        """Ends what is going on; the parts that were made first are closed last."""
        for made in reversed(list(self._made.values())):
            if hasattr(made, "close"):
                await made.close()


class Part:
    """Made with `parts`, of which it takes what it needs when it needs it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts


def provided(take: Callable[[Parts], Made]) -> Any:
    """A FastAPI dependency: what `take` takes of the app's parts."""

    async def of_request(request: Request) -> Made:  # a coroutine: a plain function would be sent to a thread
        return take(request.app.state.provided())

    return Depends(of_request)


def _not_set(setting: str) -> Callable[[], Any]:
    def client() -> Any:
        raise BadSetting(f"{setting}: is not set")

    return client
