"""The groups of `groups.toml`: what there is to deploy, and what each function may do."""

import tomllib
from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from importlib.resources import files
from typing import Literal


@dataclass(frozen=True)
class Group:
    """A row of `groups.toml`, which says what the fields mean."""

    name: str
    mode: Literal["stream", "buffered", "scheduled", "queue"]
    memory: int
    timeout: int
    models: bool = False
    publishes: bool = False
    queues: bool = False
    every_minutes: int | None = None
    batch: int | None = None
    at_once: int | None = None
    where_there: tuple[str, ...] = ()
    grants: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def streams(self) -> bool:
        return self.mode == "stream"

    @property
    def handler(self) -> str:
        return f"functions.{self.name}.{'app' if self.has_routes else 'handler'}.handler"

    @property
    def has_routes(self) -> bool:
        return self.mode in {"stream", "buffered"}

    @property
    def settles_runs(self) -> bool:
        """It charges runs: where it runs models, and where it settles runs whose process died."""
        return self.models or self.name in {"history", "sweeper"}

    def reads_secret(self, variable: str) -> bool:
        """Whether it is one of the deployment's own that the group's function needs."""
        return self.models or (variable == COLLECTOR_HEADERS and self.settles_runs)

    def tables(self) -> set[str]:
        """The tables that its routes use."""
        return {resource.split("/")[0] for resource in self.grants if not _is_elsewhere(resource)}

    def within(self, tables: Set[str]) -> "Group":
        """Without the grants for those of its tables that it can do without and that are not among these."""
        gone = set(self.where_there) - tables
        return replace(self, grants={name: does for name, does in self.grants.items() if name not in gone})

    def indexes(self, table: str) -> dict[str, tuple[str, ...]]:
        """The actions on the indexes of a table, by index."""
        prefix = f"{table}/"
        return {name.removeprefix(prefix): does for name, does in self.grants.items() if name.startswith(prefix)}

    def objects(self) -> dict[str, tuple[str, ...]]:
        """The actions on the tenants' objects, by kind."""
        return {name.partition("/")[2]: does for name, does in self.grants.items() if name.startswith(f"{OBJECTS}/")}

    def secrets(self) -> dict[str, tuple[str, ...]]:
        """The actions on the tenants' secrets, by kind."""
        return {kind: self.grants[kind] for kind in SECRETS if kind in self.grants}


ACCOUNT = "account"
"""The group whose work the tables of `partitions.toml` are."""
COLLECTOR_HEADERS = "OTEL_EXPORTER_OTLP_HEADERS"
"""The one of `provider_secrets` that is no provider's key: whoever ends a run tells the collector of it."""
OBJECTS = "objects"
PROVIDER_KEYS = "provider-keys"
SECRETS = (PROVIDER_KEYS, "collector")


def load_groups() -> dict[str, Group]:
    """Every group that there is, by name."""
    rows = tomllib.loads(files(__package__).joinpath("groups.toml").read_text())
    return {
        name: Group(
            name=name,
            mode=row["mode"],
            memory=row["memory"],
            timeout=row["timeout"],
            models=row.get("models", False),
            publishes=row.get("publishes", False),
            queues=row.get("queues", False),
            every_minutes=row.get("every_minutes"),
            batch=row.get("batch"),
            at_once=row.get("at_once"),
            where_there=tuple(row.get("where_there", ())),
            grants={resource: tuple(actions) for resource, actions in row["grants"].items()},
        )
        for name, row in rows.items()
    }


@dataclass(frozen=True)
class Limit:
    """What an action is allowed on: items whose partition key has one of these patterns, and of them these attributes,
    None: all."""

    partitions: tuple[str, ...]
    attributes: tuple[str, ...] | None = None


def limits_of(group: str, table: str) -> Mapping[str, Limit]:
    """By action, those that `partitions.toml` sets that group's function on that table."""
    rows = tomllib.loads(files(__package__).joinpath("partitions.toml").read_text())
    attributes = rows["attributes"].get(table, {})
    actions = {} if group == ACCOUNT else rows.get(table, {})
    return {
        action: Limit(tuple(patterns), tuple(attributes[action]) if action in attributes else None)
        for action, patterns in actions.items()
    }


def _is_elsewhere(resource: str) -> bool:
    return resource in SECRETS or resource.startswith(f"{OBJECTS}/")
