"""A group's app names every part that its routes take."""

import subprocess
import sys

import pytest

from tests.support.servers.packages import WITH_ROUTES

PROGRAM = """
import importlib, sys
from fastapi.routing import APIRoute
from promptyard.bootstrap.parts import Parts, Taken
from promptyard.settings import Settings

def taken(dependant):
    for inner in dependant.dependencies:
        if isinstance(inner.call, Taken):
            yield inner.call
        yield from taken(inner)

module = importlib.import_module(f"functions.{sys.argv[1]}.app")
parts = Parts(module.PARTS, Settings(), {})
routes = [route for route in module.app.routes if isinstance(route, APIRoute)]
found = [service.take(parts) for route in routes for service in taken(route.dependant)]
assert bool(found) == bool(module.PARTS)
if found:
    assert parts.authenticate
if any("POST" in route.methods for route in routes):
    assert parts.idempotency
"""


@pytest.mark.parametrize("group", WITH_ROUTES)
def test_the_parts_of_a_group_are_all_that_its_routes_take(group: str) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, group], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
