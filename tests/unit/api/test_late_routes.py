"""Routes that are made when they are first asked for."""

from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute

from promptyard.api import late_routes
from promptyard.api.late_routes import LateRoute, make_routes
from promptyard.domain.deferred import DeferredModel


class Doubled(DeferredModel):
    number: int


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of the routes that were made, in turn."""
    paths: list[str] = []
    make = APIRoute.__init__

    def noted(route: APIRoute, path: str, *arguments: object, **more: object) -> None:
        paths.append(path)
        make(route, path, *arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(APIRoute, "__init__", noted)
    return paths


def app_of_two() -> FastAPI:
    router = APIRouter(route_class=LateRoute)

    @router.get("/doubled/{number}", summary="Twice as much")
    async def doubled(number: int, more: Annotated[int, Depends(lambda: 0)]) -> Doubled:
        return Doubled(number=2 * number + more)

    @router.post("/other", status_code=204)
    async def other() -> None:
        """Nothing."""

    app = FastAPI()
    app.router.routes.extend(router.routes)
    return app


async def test_a_route_is_made_by_its_first_call_alone(made: list[str]) -> None:
    app = app_of_two()
    assert made == []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as client:
        for _ in range(2):
            assert (await client.get("/doubled/21")).json() == {"number": 42}
        assert (await client.get("/doubled/none")).status_code == 422
        assert (await client.get("/nowhere")).status_code == 404
        assert made == ["/doubled/{number}"]
        assert (await client.get("/other")).status_code == 405
        assert (await client.post("/other")).status_code == 204
    assert made == ["/doubled/{number}", "/other"]


def test_all_are_made_at_once_where_that_is_asked_for(made: list[str]) -> None:
    app = app_of_two()
    make_routes(app)
    make_routes(app)
    assert made == ["/doubled/{number}", "/other"]


def test_it_is_described_as_a_route_that_was_made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    late = app_of_two().openapi()
    monkeypatch.setattr(f"{__name__}.LateRoute", APIRoute)
    assert late == app_of_two().openapi()
    assert late["paths"]["/doubled/{number}"]["get"]["summary"] == "Twice as much"


def test_what_no_route_has_is_not_there() -> None:
    [route, _] = [route for route in app_of_two().routes if isinstance(route, late_routes.LateRoute)]
    with pytest.raises(AttributeError, match="nothing_such"):
        route.nothing_such  # noqa: B018
