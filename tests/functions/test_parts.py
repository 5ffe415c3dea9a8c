"""A group's app has every route of its routers, and names every part that they take."""

import subprocess
import sys

import pytest
from fastapi.routing import APIRoute

from functions.local import ROUTERS
from functions.web.router import router as page
from tests.support.servers.packages import WITH_ROUTES

PROGRAM = """
import importlib, sys
from fastapi.routing import APIRoute
from promptyard.api.late_routes import import_routes
from promptyard.bootstrap.parts import Parts, Taken
from promptyard.settings import Settings

def taken(dependant):
    for inner in dependant.dependencies:
        if isinstance(inner.call, Taken):
            yield inner.call
        yield from taken(inner)

module = importlib.import_module(f"functions.{sys.argv[1]}.app")
import_routes(module.app)
parts = Parts(module.PARTS, Settings(), {})
routes = [route for route in module.app.routes if isinstance(route, APIRoute)]
found = [service.take(parts) for route in routes for service in taken(route.dependant)]
assert bool(found) == bool(module.PARTS)
if found:
    assert parts.authenticate
if any("POST" in route.methods for route in routes):
    assert parts.idempotency
for route in routes:
    if sys.argv[1] in route.tags:
        print(*sorted(route.methods), route.path)
"""


@pytest.mark.parametrize("group", WITH_ROUTES)
def test_a_group_has_all_its_routes_and_all_parts_that_they_take(group: str) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, group], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    own = [route for router in (*ROUTERS, page) if router.tags == [group] for route in router.routes]
    assert own
    expected = [" ".join((*sorted(route.methods or ()), route.path)) for route in own if isinstance(route, APIRoute)]
    assert sorted(done.stdout.splitlines()) == sorted(expected)
