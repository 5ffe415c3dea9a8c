"""The catalog group's function. Its `/openapi.json` and `/docs` are those of all groups."""

import json
from functools import cache, partial
from importlib.resources import files
from typing import Any

from mangum import Mangum

from functions.catalog.router import router
from promptyard.api.app import create_app
from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.warming import warm_before_snapshot


@cache
def all_groups() -> dict[str, Any]:
    """The OpenAPI document that scripts/make_openapi.py has made."""
    document: dict[str, Any] = json.loads(files(__package__).joinpath("openapi.json").read_bytes())
    return document


PARTS = ("callers", "models")
app = create_app(router, provide=partial(Parts.from_environment, *PARTS))
app.openapi = all_groups  # type: ignore[method-assign]  # as FastAPI's guide to extending OpenAPI does
warm_before_snapshot(app)
handler = Mangum(app, lifespan="off")
