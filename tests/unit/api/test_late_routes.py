"""Routes that are made, and modules that are imported, when they are first asked for."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute

from promptyard.api import late_routes
from promptyard.api.app import create_app
from promptyard.api.late_routes import LateRoute, import_routes, late_router, make_routes
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


MODULE = """
from fastapi import APIRouter
from promptyard.api.late_routes import LateRoute

router = APIRouter(route_class=LateRoute)
"""
GET = """

@router.get("{path}")
async def get_{number}() -> str:
    return "{path}"
"""
MODULES = {
    "late_things": ("/things", "/things/{thing_id}"),
    "late_parts": ("/things/{thing_id}/parts", "/parts"),
    "late_others": ("/others/{other_id}",),
}


@pytest.fixture
def late_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., FastAPI]]:
    """Makes an app of routers of `MODULES`, none of which is imported yet."""
    for name, paths in MODULES.items():
        routes = (GET.format(path=path, number=number) for number, path in enumerate(paths))
        (tmp_path / f"{name}.py").write_text(MODULE + "".join(routes))
    monkeypatch.syspath_prepend(tmp_path)

    def make(*routers: APIRouter) -> FastAPI:
        def never() -> Any:
            raise AssertionError("its routes need no services")

        return create_app(*routers, provide=never)

    yield make
    for name in MODULES:
        sys.modules.pop(name, None)


def three() -> tuple[APIRouter, ...]:
    return (
        late_router("late_parts", "/things/{thing_id}/parts", "/parts"),
        late_router("late_things", "/things"),
        late_router("late_others", "/others/"),
    )


def imported() -> list[str]:
    return [name for name in MODULES if name in sys.modules]


def paths(app: FastAPI) -> list[str]:
    return [
        route.path for route in app.routes if isinstance(route, LateRoute) and route.path[1:3] in ("th", "pa", "ot")
    ]


@pytest.mark.parametrize(
    ("path", "status", "needed"),
    [
        ("/health", 200, []),
        ("/nowhere", 404, []),
        ("/other", 404, []),
        ("/things", 200, ["late_things"]),
        ("/things/1", 200, ["late_things"]),
        ("/things/1/parts", 200, ["late_parts"]),
        ("/parts", 200, ["late_parts"]),
        ("/others/1", 200, ["late_others"]),
        ("/others/1/2", 404, ["late_others"]),
        ("/things/1/more", 404, ["late_things"]),
    ],
)
async def test_a_path_imports_the_module_that_it_is_in_and_no_other(
    late_app: Callable[..., FastAPI], path: str, status: int, needed: list[str]
) -> None:
    app = late_app(*three())
    assert imported() == []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as client:
        for _ in range(2):
            assert (await client.get(path)).status_code == status
            assert imported() == needed
        assert sorted(paths(app)) == sorted(path for name in needed for path in MODULES[name])
        refused = await client.put(path)
        assert (refused.status_code, refused.headers.get("allow")) == (
            (405, "GET, HEAD") if status == 200 else (404, None)
        )


async def test_every_path_of_every_module_is_found_whichever_comes_first(late_app: Callable[..., FastAPI]) -> None:
    app, every = late_app(*three()), [path for paths in MODULES.values() for path in paths]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as client:
        for path in reversed(every):
            assert (await client.get(path.replace("{", "").replace("}", ""))).json() == path
    assert sorted(paths(app)) == sorted(every)


def test_making_all_routes_imports_them_once(late_app: Callable[..., FastAPI]) -> None:
    app = late_app(*three())
    for _ in range(2):
        make_routes(app)
        assert sorted(paths(app)) == sorted(path for paths in MODULES.values() for path in paths)
    assert all(vars(route)["_given"] is None for route in app.routes if isinstance(route, LateRoute))


def test_they_are_described_before_they_are_asked_for(late_app: Callable[..., FastAPI]) -> None:
    described = late_app(*three()).openapi()
    assert {path for paths in MODULES.values() for path in paths} <= described["paths"].keys()


def test_a_route_that_would_not_be_found_is_refused(late_app: Callable[..., FastAPI]) -> None:
    with pytest.raises(ValueError, match="/parts is in late_parts"):
        import_routes(late_app(late_router("late_parts", "/things/{thing_id}/parts")))
