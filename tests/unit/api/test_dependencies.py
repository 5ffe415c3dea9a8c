"""What a request waits for before its route runs."""

import inspect
from collections.abc import Iterator

from fastapi.dependencies.models import Dependant

from tests.support.samples.routes import group_routes


def test_nothing_of_a_request_is_sent_to_a_thread() -> None:
    """FastAPI does so with each route and dependency that is no coroutine function; the hop costs more than they do."""
    dependants = [dependant for route in group_routes() for dependant in walked(route.dependant)]
    plain = [dependant.call for dependant in dependants if not is_coroutine(dependant.call)]
    assert dependants
    assert plain == []


def walked(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for inner in dependant.dependencies:
        yield from walked(inner)


def is_coroutine(call: object) -> bool:
    return inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(type(call).__call__)
