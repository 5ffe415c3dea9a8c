"""Every route that there is, with its role: what tests of access are generated from."""

from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute

from functions.local import ROUTERS, create_local_app
from promptyard.api.auth.authentication import AuthenticatedRoute

OPEN_PATHS = frozenset({"/", "/health", "/openapi.json", "/docs"})
"""What asks for no key."""


def all_routes(routers: Iterable[APIRouter]) -> list[APIRoute]:
    """The routes of these routers and of those included in them. Fails for one that asks nobody who calls."""
    routes: list[APIRoute] = []
    for route in _walk(routers):
        assert isinstance(route, AuthenticatedRoute), f"{route.path} is no AuthenticatedRoute"
        routes.append(route)
    return routes


def group_routes() -> list[APIRoute]:
    """The routes of every group. Fails when the app serves one that is not among them."""
    routes = all_routes(ROUTERS)

    def never() -> Any:
        raise AssertionError("the document needs no services")

    served = {
        (method.upper(), path)
        for path, methods in create_local_app(never).openapi()["paths"].items()
        for method in methods
        if path not in OPEN_PATHS
    }
    found = {(method, route.path_format) for route in routes for method in methods_of(route)}
    assert served <= found, f"not walked: {sorted(served - found)}"
    return routes


def methods_of(route: APIRoute) -> list[str]:
    return sorted(route.methods or ())


def _walk(routers: Iterable[APIRouter]) -> Iterator[Any]:
    for router in routers:
        for route in router.routes:
            inner = getattr(route, "original_router", None)  # FastAPI keeps an included router as it is
            if isinstance(inner, APIRouter):
                yield from _walk([inner])
            else:
                yield route
