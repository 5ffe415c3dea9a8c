"""Writes infra/promptyard_cdk/routes.json: what API Gateway has to route to which function, from the groups' own
routers. The infrastructure reads it, for it has neither FastAPI nor the groups' dependencies."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.convertors import CONVERTOR_TYPES

from functions.local import ROUTERS
from functions.web.router import router as page
from promptyard.api import docs, middleware

FILE = Path(__file__).parent.parent / "infra" / "promptyard_cdk" / "routes.json"

_PARAMETER = re.compile(r"\{(\w+)(?::(\w+))?\}")


def main() -> None:
    FILE.write_text(text())


def text() -> str:
    """The file's content."""
    rows = ",\n".join(f"  {json.dumps(route)}" for route in sorted(routes(), key=lambda route: list(route.values())))
    return (
        f'{{\n "cors_headers": {json.dumps(sorted(middleware.ALLOWED))},\n'
        f' "description": {json.dumps(["/openapi.json", *docs.PATHS])},\n "page": {json.dumps(page_paths())},\n'
        f' "routes": [\n{rows}\n ]\n}}\n'
    )


def routes() -> list[dict[str, str]]:
    """A row for each method of each resource."""
    found = {
        (str(router.tags[0]), resource, method): None
        for router in ROUTERS
        for route in all_routes(router)
        for resource in resources(route.path)
        for method in sorted(route.methods or ())
    }
    return [{"group": group, "path": path, "method": method} for group, path, method in found]


def page_paths() -> list[str]:
    """The resources of the page, which ask for no key."""
    return [resource for route in all_routes(page) for resource in resources(route.path)]


def all_routes(router: APIRouter) -> Iterator[APIRoute]:
    """Also those of the routers that it includes, which FastAPI keeps as they are."""
    for route in router.routes:
        included = getattr(route, "original_router", None)
        if included is not None:
            yield from all_routes(included)
        elif isinstance(route, APIRoute):
            yield route


def resources(path: str) -> Iterator[str]:
    """The path in API Gateway's form. A parameter that may hold a slash becomes two resources, for a parameter of API
    Gateway is one segment. A slash at the end goes: API Gateway finds `/x` for `/x/` too, and hands on what was asked
    for (https://github.com/aws/aws-sam-cli/pull/1495)."""
    head, *rest = _PARAMETER.split(path.rstrip("/") or path)
    forms = [head]
    for name, kind, literal in zip(rest[0::3], rest[1::3], rest[2::3], strict=True):
        segments = [f"{{{name}}}"]
        if kind and re.fullmatch(_regex_of(kind), "one/two"):
            segments.append(f"{{{name}}}/{{{name}_rest}}")
        forms = [form + segment + literal for form in forms for segment in segments]
    yield from forms


def _regex_of(kind: str) -> str:
    convertor: Any = CONVERTOR_TYPES[kind]
    return str(convertor.regex)


if __name__ == "__main__":
    main()
