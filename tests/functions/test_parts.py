"""A group's app names every part that its routes take."""

import importlib
from collections.abc import Iterator

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from promptyard.bootstrap.parts import Parts, Taken
from promptyard.settings import Settings
from tests.support.servers.packages import WITH_ROUTES


def taken(dependant: Dependant) -> Iterator[Taken]:
    for inner in dependant.dependencies:
        if isinstance(inner.call, Taken):
            yield inner.call
        yield from taken(inner)


@pytest.mark.parametrize("group", WITH_ROUTES)
def test_the_parts_of_a_group_are_all_that_its_routes_take(group: str) -> None:
    module = importlib.import_module(f"functions.{group}.app")
    parts = Parts(module.PARTS, Settings(), {})
    routes = [route for route in module.app.routes if isinstance(route, APIRoute)]
    found = [service.take(parts) for route in routes for service in taken(route.dependant)]
    assert found
    assert parts.authenticate is not None
    if any("POST" in route.methods for route in routes):
        assert parts.idempotency is not None
