"""Writes promptyard_cli/client/wire.py: the types of what the Python client sends and gets, from the description of the
routes. They are dicts at run time, so the client needs neither FastAPI nor pydantic, and imports nothing for them."""

import json
import keyword
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scripts import make_openapi
from scripts.formatting import formatted

FILE = Path(__file__).parent.parent / "promptyard_cli" / "client" / "wire.py"
ROOTS = (
    "BenchmarkAnswer", "BenchmarkChanges", "BenchmarkDoneEvent", "BenchmarkPageAnswer", "BenchmarkProgressEvent",
    "BenchmarkReport", "BenchmarkRunAnswer", "BenchmarkRunPageAnswer", "CollectorAnswer", "CollectorRequest",
    "CompareAnswer", "CompareRequest", "ComparisonRecord", "DatasetAnswer", "DatasetPageAnswer", "DatasetVersionAnswer",
    "DefinedBenchmark", "DiffAnswer", "ErrorBody", "HistoryPage", "ImportAnswer", "KeyPage", "KeyRequest", "Models",
    "NewBenchmarkRequest", "NewKeyAnswer", "PromptAnswer", "PromptPageAnswer", "PromptRunRequest", "Providers",
    "RowPageAnswer", "RunAnswer", "RunDoneEvent", "RunErrorEvent", "RunRecord", "SaveVersionRequest",
    "SavedVersionAnswer", "StartedAnswer", "TargetDoneEvent", "TargetErrorEvent", "TenantImportAnswer", "UsageAnswer",
    "VersionAnswer", "VersionPageAnswer",
)  # fmt: skip
"""What the client's methods name; what these hold comes with them."""
CHOSEN_BY_METHOD = {"PromptRunRequest": {"stream"}, "CompareRequest": {"stream"}}
PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
HEAD = '''"""What goes over the wire: made by scripts/make_client_types.py from the OpenAPI document. Answers may have
further fields at any time."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict
'''

Schema = Mapping[str, Any]


def main() -> None:
    FILE.write_text(text())


def text() -> str:
    """The file's content."""
    schemas = json.loads(make_openapi.text())["components"]["schemas"]
    names: set[str] = set()
    for root in ROOTS:
        _collect(root, schemas, names)
    source = HEAD + "".join(_definition(name, schemas[name]) for name in sorted(names))
    return formatted(source, FILE)


def _collect(name: str, schemas: Schema, names: set[str]) -> None:
    if name not in names:
        names.add(name)
        for inner in _references(schemas[name]):
            _collect(inner, schemas, names)


def _references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield _name(value)
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _name(reference: Schema) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def _definition(name: str, schema: Schema) -> str:
    if "properties" not in schema:
        return f"\n{name} = {_type(schema)}\n"
    required = set(schema.get("required", ()))
    fields = {
        field: _type(given) if field in required else f"NotRequired[{_type(given)}]"
        for field, given in schema["properties"].items()
        if field not in CHOSEN_BY_METHOD.get(name, ())
    }
    if any(keyword.iskeyword(field) or not field.isidentifier() for field in fields):
        entries = ", ".join(f"{field!r}: {_quoted(kind)}" for field, kind in fields.items())
        return f"\n{name} = TypedDict({name!r}, {{{entries}}})\n"
    about = schema.get("description")
    lines = ([f'"""{about}"""'] if about else []) + [f"{field}: {kind}" for field, kind in fields.items()]
    return f"\n\nclass {name}(TypedDict):\n" + "".join(f"    {line}\n" for line in lines)


def _quoted(kind: str) -> str:
    """Types may name what is defined further down."""
    return f"NotRequired[{kind[12:-1]!r}]" if kind.startswith("NotRequired[") else repr(kind)


def _type(schema: Schema) -> str:
    if "$ref" in schema:
        return _name(schema)
    if "const" in schema or "enum" in schema:
        return f"Literal[{', '.join(map(repr, schema.get('enum', [schema.get('const')])))}]"
    several = schema.get("anyOf") or schema.get("oneOf")
    if several:
        return _any_of(several)
    if schema.get("type") == "array":
        return f"list[{_any_of(schema.get('prefixItems') or [schema.get('items', {})])}]"
    if schema.get("type") == "object":
        inner = schema.get("additionalProperties")
        return f"dict[str, {_type(inner) if isinstance(inner, dict) else 'Any'}]"
    return PLAIN.get(str(schema.get("type")), "Any")


def _any_of(schemas: list[Schema]) -> str:
    return " | ".join(dict.fromkeys(map(_type, schemas)))


if __name__ == "__main__":
    main()
