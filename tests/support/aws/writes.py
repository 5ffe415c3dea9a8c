"""What is written while something goes on, and what of a definition nobody has written: tables, indexes, kinds of
tenant data, builders of keys."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from importlib.resources import files
from inspect import getmembers, isfunction
from types import ModuleType
from typing import Any, get_type_hints

import pytest

from promptyard.storage.table import benchmark_keys, keys
from promptyard.storage.tenant_data.tenant_data import Kind
from promptyard_local.aws import LocalAws
from tests.support.aws.grants import observed_requests

WRITES = frozenset({"PutItem", "UpdateItem", "PutObject"})
MODULES = (keys, benchmark_keys)
NO_BUILDERS = frozenset(
    {"run_of_object", "upload_of_object", "upload_object", "import_object", "import_objects", "tenant_partition"}
)
"""Of these: what takes a key apart, what reads any partition, and objects that a caller puts there."""

Definition = Mapping[str, Sequence[Mapping[str, Any]]]
"""The indexes of each table, as CloudFormation describes them, by the setting that holds the table's name."""


def definition() -> Definition:
    """What the deployment makes."""
    template = json.loads(files("promptyard.aws").joinpath("resources.json").read_text())
    return {
        resource["Metadata"]["promptyard:setting"]: resource["Properties"].get("GlobalSecondaryIndexes", [])
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::DynamoDB::Table"
    }


@dataclass
class Writes:
    items: set[tuple[str, str, str]] = field(default_factory=set)
    """(setting of the table, partition key, sort key)."""
    attributes: set[tuple[str, str]] = field(default_factory=set)
    """(setting of the table, an attribute that was set)."""
    texts: set[str] = field(default_factory=set)
    """Every string among the values, the keys of items and the keys of objects."""
    built: dict[str, set[tuple[str, ...]]] = field(default_factory=dict)
    """What each builder of keys has made."""

    def note(self, operation: str, params: Mapping[str, Any], settings: Mapping[str, str]) -> None:
        if operation == "PutObject":
            self.texts.add(params["Key"])
        elif operation in WRITES:
            setting = settings[params["TableName"]]
            written = params.get("Item") or params["Key"]
            self.items.add((setting, written["pk"]["S"], written["sk"]["S"]))
            self.attributes |= {(setting, name) for name in [*written, *_set_by(params)]}
            values = [*written.values(), *params.get("ExpressionAttributeValues", {}).values()]
            self.texts |= {value["S"] for value in values if "S" in value}

    def has_built(self, builder: str) -> bool:
        """Whether anything that it made was written."""
        places = {(pk, sk) for _, pk, sk in self.items} | {(text,) for text in self.texts}
        return not places.isdisjoint(self.built.get(builder, ()))


def _set_by(params: Mapping[str, Any]) -> Iterator[str]:
    """The attributes that an update sets."""
    expression = re.sub(r"\b(ADD|REMOVE|DELETE)\b.*?(?=\bSET\b|$)", "", params.get("UpdateExpression", ""))
    for placeholder in re.findall(r"(#\w+) =", expression):
        yield params["ExpressionAttributeNames"][placeholder]


@contextmanager
def recorded_writes(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Writes]:
    writes = Writes()
    settings = {name: setting for setting, name in aws.names.items()}
    with monkeypatch.context() as patched, observed_requests(aws) as observers:
        for module, name in builders():
            patched.setattr(module, name, _noting(getattr(module, name), writes.built.setdefault(name, set())))
        observers.append(lambda _, operation, params: writes.note(operation, params, settings))
        yield writes


def _noting(builder: Any, made: set[tuple[str, ...]]) -> Any:
    @wraps(builder)
    def noting(*arguments: Any, **more: Any) -> Any:
        result = builder(*arguments, **more)
        made.add((result,) if isinstance(result, str) else (result["pk"], result["sk"]))
        return result

    return noting


def builders() -> list[tuple[ModuleType, str]]:
    """The functions that make a whole key: an item's, a partition's, an object's."""
    return [
        (module, name)
        for module in MODULES
        for name, function in getmembers(module, isfunction)
        if name not in NO_BUILDERS and not name.startswith("_") and _makes_keys(module, name, function)
    ]


def _makes_keys(module: ModuleType, name: str, function: Any) -> bool:
    if function.__module__ != module.__name__:
        return False
    return get_type_hints(function)["return"] is keys.Key or name.endswith(("_partition", "_object"))


def unwritten(writes: Writes, defined: Definition, kinds: Sequence[Kind], tenant: str) -> list[str]:
    """What of these nobody has written, by name."""
    return [*_tables(writes, defined), *_kinds(writes, kinds, tenant), *_builders(writes)]


def _tables(writes: Writes, defined: Definition) -> Iterator[str]:
    tables = {setting for setting, _, _ in writes.items}
    for setting, indexes in defined.items():
        if setting not in tables:
            yield f"table {setting}"
        for index in indexes:
            if not {(setting, key["AttributeName"]) for key in index["KeySchema"]} <= writes.attributes:
                yield f"index {index['IndexName']} of {setting}"


def _kinds(writes: Writes, kinds: Sequence[Kind], tenant: str) -> Iterator[str]:
    for kind in kinds:
        partitions = {pk for setting, pk, _ in writes.items if setting == f"PROMPTYARD_{kind.table.upper()}_TABLE"}
        if f"{tenant}#{kind.word}" not in partitions:
            yield f"kind {kind.name}"
        for name, word in kind.inside.items():
            if not any(partition.startswith(f"{tenant}#{word}#") for partition in partitions):
                yield f"kind {name}"


def _builders(writes: Writes) -> Iterator[str]:
    return (f"key {name}" for name in writes.built if not writes.has_built(name))
