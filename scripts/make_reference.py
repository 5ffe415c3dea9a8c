"""Writes docs/reference/routes.md and shapes.md, made of the OpenAPI document: each path with its parameters, body and
answers; each shape with its fields."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from functions.local import ROUTERS
from promptyard.api.auth.authentication import AuthenticatedRoute, RequiresRole
from promptyard.api.late_routes import annotated_with
from scripts import make_openapi

FOLDER = Path(__file__).parent.parent / "docs" / "reference"
METHODS = ("get", "post", "put", "patch", "delete")
GROUPS = {
    "run": "Runs",
    "compare": "Comparisons",
    "history": "History",
    "prompts": "Prompts",
    "playgrounds": "Playgrounds",
    "benchmarks": "Datasets and benchmarks",
    "catalog": "Models and providers",
    "account": "Keys, tenants, usage",
    "openai": "The protocols of OpenAI and Anthropic",
    "mcp": "Tools for agents",
    "health": "Health",
}
"""By tag, in the page's order."""
ROUTES_HEAD = """# Routes

Every path with the role that it asks for, its parameters, its body and its answers. [The shapes](shapes.md) have each
field with its unit and range, [the errors](errors.md) each code with what to do; [api.md](../api.md) has the rules that
a schema cannot say. An error is an [ErrorAnswer](shapes.md#erroranswer), whatever the route. This page is made of the
OpenAPI document (`make snapshots`), which a server gives at `/openapi.json`.
"""
SHAPES_HEAD = """# Shapes

The bodies, answers and events of [the routes](routes.md), each field with its type, unit and range. Fields in **bold**
are always there. This page is made of the OpenAPI document (`make snapshots`).
"""

Json = Mapping[str, Any]


def main() -> None:
    for name, text in pages().items():
        (FOLDER / name).write_text(text)


def pages() -> dict[str, str]:
    """The text of each page, by its name."""
    document = json.loads(make_openapi.FILE.read_text())
    return {
        "routes.md": ROUTES_HEAD + "".join(_routes(document, _roles())),
        "shapes.md": SHAPES_HEAD + "".join(_shapes(document["components"]["schemas"])),
    }


def _roles() -> dict[tuple[str, str], str]:
    """By method and path."""
    return {
        (method.lower(), route.path): dependency.role.value
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, AuthenticatedRoute)
        for dependency in (getattr(meta, "dependency", None) for meta in annotated_with(route.endpoint))
        if isinstance(dependency, RequiresRole)
        for method in route.methods or ()
    }


def _routes(document: Json, roles: Mapping[tuple[str, str], str]) -> Iterator[str]:
    for tag, title in GROUPS.items():
        yield f"\n## {title}\n"
        for path in sorted(document["paths"]):
            operations = document["paths"][path]
            for method in METHODS:
                if method in operations and operations[method]["tags"] == [tag]:
                    yield from _route(method, path, operations[method], roles.get((method, path)))


def _route(method: str, path: str, operation: Json, role: str | None) -> Iterator[str]:
    yield f"\n### {method.upper()} {path}\n\n{operation['summary']}. "
    yield f"Role: {role}.\n" if role else "It asks for no key.\n"
    if description := operation.get("description"):
        yield f"\n{_line(description)}\n"
    if parameters := operation.get("parameters"):
        yield "\n| parameter | in | type | |\n|---|---|---|---|\n"
        for found in parameters:
            name = f"**`{found['name']}`**" if found["required"] else f"`{found['name']}`"
            yield f"| {name} | {found['in']} | {_type(found['schema'])} | {_line(found.get('description', ''))} |\n"
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"\nBody, `{media}`: {_type(content['schema'])}\n"
    yield "\n| answer | |\n|---|---|\n"
    for status, answer in operation["responses"].items():
        if status != "default":
            shapes = "; ".join(_content(media, content) for media, content in answer.get("content", {}).items())
            said = "" if answer["description"] == "Successful Response" else _line(answer["description"])
            yield f"| {status} | {'. '.join(filter(None, (said, shapes)))} |\n"


def _content(media: str, content: Json) -> str:
    if "itemSchema" in content:
        events = content["itemSchema"].get("oneOf", [content["itemSchema"]])
        return f"`{media}` of {', '.join(_event(event) for event in events)}"
    return f"`{media}`: {_type(content['schema'])}" if content.get("schema") else f"`{media}`"


def _event(event: Json) -> str:
    fields = event.get("properties", {})
    name = fields.get("event", {})
    said = name.get("const") or name.get("pattern", "").strip("^$").replace("[0-9]+", "N").replace("[.]", ".")
    data = fields.get("data", {}).get("contentSchema")
    return " ".join(filter(None, (f"`{said}`" if said else "", _type(data) if data else "")))


def _shapes(schemas: Mapping[str, Json]) -> Iterator[str]:
    for name in sorted(schemas):
        schema = schemas[name]
        yield f"\n## {name}\n"
        if description := schema.get("description"):
            yield f"\n{_line(description)}\n"
        if fields := schema.get("properties"):
            required = schema.get("required", [])
            yield "\n| field | type | |\n|---|---|---|\n"
            for field, kind in fields.items():
                shown = f"**`{field}`**" if field in required else f"`{field}`"
                yield f"| {shown} | {_type(kind)} | {_line(kind.get('description', ''))}{_default(kind)} |\n"
        elif schema.get("type") != "object":
            yield f"\n{_type(schema)}\n"


def _default(kind: Json) -> str:
    default = kind.get("default")
    return "" if default in (None, [], {}) else f" Default: `{json.dumps(default)}`."


BOUNDS = {
    "minimum": "≥ {}",
    "exclusiveMinimum": "> {}",
    "maximum": "≤ {}",
    "exclusiveMaximum": "< {}",
    "minLength": "{} characters or more",
    "maxLength": "{} characters at most",
    "minItems": "{} items or more",
    "maxItems": "{} items at most",
}


def _type(schema: Json) -> str:
    """In words, with its bounds, and links to the shapes that it is made of."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](shapes.md#{name.lower()})"
    for union in ("anyOf", "oneOf", "allOf"):
        if union in schema:
            return " or ".join(dict.fromkeys(_type(kind) for kind in schema[union]))
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return ", ".join(f"`{_cell(json.dumps(value))}`" for value in schema["enum"])
    said = schema.get("type", "anything")
    if said == "array":
        said = f"list of {_type(schema.get('items', {}))}"
    elif isinstance(schema.get("additionalProperties"), dict) and schema["additionalProperties"]:
        said = f"object of {_type(schema['additionalProperties'])}"
    elif said == "string" and "format" in schema:
        said = str(schema["format"])
    elif isinstance(said, list):
        said = " or ".join(said)
    bounds = [words.format(schema[name]) for name, words in BOUNDS.items() if name in schema]
    return f"{said} ({', '.join(bounds)})" if bounds else str(said)


def _line(text: str) -> str:
    """On one line, as a cell of a table takes it."""
    line = " ".join(text.split())
    return _cell(line if not line or line[-1] in ".!?…" else f"{line}.")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    main()
