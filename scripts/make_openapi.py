"""Writes functions/catalog/openapi.json: the description of all groups' routes, which the catalog group's function
gives for all of them. A path or a schema a line, so that a change of the wire is seen in a diff."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from functions.local import create_local_app
from promptyard.bootstrap.parts import Parts

FILE = Path(__file__).parent.parent / "functions" / "catalog" / "openapi.json"


def main() -> None:
    FILE.write_text(text())


def text() -> str:
    """The file's content."""
    document = create_local_app(_never).openapi()
    paths, components = document.pop("paths"), document.pop("components")
    schemas = components.pop("schemas")
    return (
        f'{{\n{_lines(document)},\n"paths": {{\n{_lines(paths)}\n}},\n'
        f'"components": {{\n{_lines(components)},\n"schemas": {{\n{_lines(schemas)}\n}}\n}}\n}}\n'
    )


def _lines(entries: Mapping[str, Any]) -> str:
    return ",\n".join(
        f"{json.dumps(name)}: {json.dumps(entries[name], ensure_ascii=False)}" for name in sorted(entries)
    )


def _never() -> Parts:
    raise AssertionError("a description needs no services")


if __name__ == "__main__":
    main()
