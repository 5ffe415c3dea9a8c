"""Holds the routes to what their functions' roles will let them do: the grants of infra/promptyard_cdk/groups.toml."""

import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

from functions.local import ROUTERS
from promptyard_local.aws import LocalAws
from tests.support.aws.observed_client import ObservedClients

Operation = tuple[str, str]
"""What it is done to, as `resource_of` names it, and IAM's name of the action."""

GROUPS = Path(__file__).parents[3] / "infra" / "promptyard_cdk" / "groups.toml"
PARTITIONS = GROUPS.with_name("partitions.toml")
SERVICES = ("dynamodb", "s3", "secretsmanager")

PREFIXES = {"objects": "s3", "provider-keys": "secretsmanager", "collector": "secretsmanager"}
"""The services of grants that are no table's."""

_group: ContextVar[str | None] = ContextVar("group", default=None)


def granted(group: str) -> set[Operation]:
    """What the group's function will be let do."""
    grants = tomllib.loads(GROUPS.read_text())[group]["grants"]
    allowed = {
        (resource, f"{PREFIXES.get(resource.partition('/')[0], 'dynamodb')}:{action}")
        for resource, actions in grants.items()
        for action in actions
    }
    if any(action.startswith("s3:") for _, action in allowed):
        allowed.add(("objects", "s3:ListObjectsV2"))  # by the ListBucket that comes with them
    return allowed


@contextmanager
def held_to_grants(aws: LocalAws) -> Iterator[None]:
    """Fails when a route did what its function could not."""
    with recorded_operations(aws) as made:
        yield
    for group, operations in made.items():
        refused = operations - granted(group)
        assert not refused, f"the group {group} has no grant in groups.toml for {sorted(refused)}"


class GroupOfRequest:
    """ASGI middleware: notes whose route answers, for all that the request sets going."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        token = _group.set(group_of(scope) if scope["type"] == "http" else None)
        try:
            await self._app(scope, receive, send)
        finally:
            _group.reset(token)


@contextmanager
def as_group(name: str) -> Iterator[None]:
    """What is set going meanwhile is a function's that has no routes."""
    token = _group.set(name)
    try:
        yield
    finally:
        _group.reset(token)


def group_of(scope: Scope) -> str | None:
    for router in ROUTERS:
        if any(route.matches(scope)[0] is Match.FULL for route in router.routes):
            return str(router.tags[0])
    return None


@contextmanager
def recorded_operations(aws: LocalAws) -> Iterator[Mapping[str, set[Operation]]]:
    """The operations that are made, by the group whose route makes them."""
    made: dict[str, set[Operation]] = defaultdict(set)
    resources = {name: setting for setting, name in aws.names.items()}

    def record(service: str, operation: str, params: Mapping[str, Any]) -> None:
        group = _group.get()
        if group is not None:
            resource = resource_of(params, resources)
            made[group].add((resource, f"{service}:{operation}"))
            if service == "dynamodb" and not is_within_limits(group, resource, operation, params):
                made[group].add((f"{resource}, an item of {_partition_of(params)}", f"{service}:{operation}"))

    with observed_requests(aws) as observers:
        observers.append(record)
        yield made


Observer = Callable[[str, str, Mapping[str, Any]], None]
"""Takes a request: its service, operation and parameters."""


@contextmanager
def observed_requests(aws: LocalAws) -> Iterator[list[Observer]]:
    """Whoever is in the list is told of every request to AWS, in its own thread, before it is sent."""
    observers: list[Observer] = []

    def tell(params: Mapping[str, Any], model: Any, **_: Any) -> None:
        for observer in observers:
            observer(model.service_model.endpoint_prefix, model.name, params)

    watched: list[Any] = []

    def watch(service: str, client: Any) -> None:
        if service in SERVICES:
            watched.append(client)
            client.meta.events.register("provide-client-params", tell)

    clients = aws.clients
    if isinstance(clients, ObservedClients):
        clients.watch(watch)
    else:
        for service in SERVICES:
            watch(service, clients.get(service))
        watch("dynamodb", clients.dynamodb_once())
    try:
        yield observers
    finally:
        if isinstance(clients, ObservedClients):
            clients.unwatch(watch)
        for client in watched:
            client.meta.events.unregister("provide-client-params", tell)


@cache
def _limits() -> Any:
    return tomllib.loads(PARTITIONS.read_text())


def is_within_limits(group: str, table: str, operation: str, params: Mapping[str, Any]) -> bool:
    """Whether `partitions.toml` lets that group's function change that item, and of it what is to be changed."""
    patterns = {} if group == "account" else _limits().get(table, {})
    if operation not in patterns:
        return True
    if not any(fnmatchcase(_partition_of(params), pattern) for pattern in patterns[operation]):
        return False
    attributes = _limits()["attributes"].get(table, {}).get(operation)
    return attributes is None or set(params.get("ExpressionAttributeNames", {}).values()) <= set(attributes)


def _partition_of(params: Mapping[str, Any]) -> str:
    key = params.get("Key") or params.get("Item") or {}
    return str(key["pk"]["S"])


def resource_of(params: Mapping[str, Any], resources: Mapping[str, str]) -> str:
    """`runs` for a table, `runs/by_prompt` for an index, `objects/prompts` for an object below `{tenant}/prompts/`,
    `provider-keys` or `collector` for a tenant's secret."""
    if "Bucket" in params and "Key" not in params:
        return "objects"
    if "Bucket" in params:
        return f"objects/{params['Key'].split('/')[1]}"
    if "TableName" in params or "RequestItems" in params:
        name = params.get("TableName") or next(iter(params["RequestItems"]))
        table = resources[name].removeprefix("PROMPTYARD_").removesuffix("_TABLE").lower()
        return f"{table}/{params['IndexName']}" if "IndexName" in params else table
    name = params.get("SecretId") or params["Name"]
    return str(name).rpartition("/")[2]
