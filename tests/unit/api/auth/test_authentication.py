"""Nothing is open by oversight: a route without a role cannot be defined."""

import pytest
from fastapi import APIRouter, Depends

from promptyard.api.app import group_router
from promptyard.api.auth.authentication import Admin, Member, Operator, Viewer, begins_runs, declared_role
from promptyard.bootstrap.services import Comparisons, Reruns, Runs
from promptyard.domain.account.access import Role
from tests.support.samples.routes import OPEN_PATHS, all_routes, group_routes


def test_a_route_without_a_role_cannot_be_defined() -> None:
    router = group_router("test")
    with pytest.raises(TypeError, match="/api/v1/things declares no role"):

        @router.get("/api/v1/things")
        async def things(limit: int = 20) -> dict[str, str]:
            return {}

    assert router.routes == []


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_whatever_its_method(method: str) -> None:
    with pytest.raises(TypeError):
        getattr(group_router("test"), method)("/things")(lambda: None)


def test_a_route_says_its_role_in_the_type_of_its_caller() -> None:
    router = group_router("test")

    @router.get("/viewer")
    async def viewer(caller: Viewer) -> None: ...

    @router.get("/member")
    async def member(caller: Member) -> None: ...

    @router.get("/admin")
    async def admin(caller: Admin) -> None: ...

    @router.get("/operator")
    async def operator(caller: Operator) -> None: ...

    def through_another(caller: Admin) -> str:
        return caller.tenant

    @router.get("/deeper")
    async def deeper(tenant: str = Depends(through_another)) -> None: ...

    roles = [declared_role(route) for route in all_routes([router])]
    assert roles == [Role.VIEWER, Role.MEMBER, Role.ADMIN, Role.OPERATOR, Role.ADMIN]


def test_what_is_for_runs_alone_says_so() -> None:
    """So that who may begin none is refused before anything is read."""
    said = {route.path_format for route in group_routes() if begins_runs(route)}
    carried_out = {
        route.path_format
        for route in group_routes()
        if {Runs, Reruns, Comparisons} & set(route.endpoint.__annotations__.values())
        and declared_role(route) is Role.MEMBER
        and not route.path_format.endswith("/cancel")
    }
    assert said == carried_out
    assert len(said) > 10


def test_a_plain_router_would_be_noticed() -> None:
    router = APIRouter()

    @router.get("/oversight")
    async def oversight() -> None: ...

    outer = group_router("test")
    outer.include_router(router)
    with pytest.raises(AssertionError, match="/oversight"):
        all_routes([outer])


def test_every_route_of_every_group_has_a_role_and_the_rest_is_known_to_be_open() -> None:
    routes = group_routes()
    assert len(routes) > 30
    assert all(declared_role(route) for route in routes)
    assert not {route.path for route in routes} & OPEN_PATHS
