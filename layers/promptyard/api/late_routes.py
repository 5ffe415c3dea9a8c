"""Routes that are made, and modules of routes that are imported, when they are first asked for. What FastAPI works out
of a handler's parameters, and of the models of its request and its answer, is a third of what a group would do at its
start, and half of what it would import are those models, for routes that its process may never be asked for."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from typing import Any, get_args

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette._utils import get_route_path
from starlette.routing import BaseRoute, Match, compile_path, get_name
from starlette.types import Scope


class LateRoute(APIRoute):
    """Until it is called, or asked for what FastAPI makes of it, it knows what it takes to be found."""

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        *,
        methods: Iterable[str] | None = None,
        name: str | None = None,
        **more: Any,
    ) -> None:
        self._given: dict[str, Any] | None = {"methods": methods, "name": name, **more}
        self.path = path
        self.endpoint = endpoint
        self.name = get_name(endpoint) if name is None else name
        self.methods = {method.upper() for method in methods or ["GET"]}
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)

    def make(self) -> None:
        """All that FastAPI makes of a route. Raises what it raises for a handler that it cannot read."""
        given, self._given = self._given, None
        if given is not None:
            for model in _models_of(self.endpoint):
                model.model_rebuild()
                model.model_config["defer_build"] = False  # nor is what FastAPI makes of it
            super().__init__(self.path, self.endpoint, **given)

    def __getattr__(self, name: str) -> Any:
        """Of what is not there yet."""
        if name == "_given" or self._given is None:
            raise AttributeError(name)
        self.make()
        return getattr(self, name)


def late_router(module: str, *beginnings: str) -> APIRouter:
    """In the place of the module's `router`, which is imported by the first request whose path begins in one of these
    ways. They may have parameters, as routes' paths do, and each of the router's paths has to begin in one of them.
    Where two routers' paths begin alike, the one whose beginning is longer comes first, so that the other one's module
    is not imported for it."""
    return APIRouter(routes=[_LateModule(module, beginnings)])


class _LateModule(BaseRoute):
    """Matches nothing by itself: it puts the routes that it stands for behind it, where they are looked at next."""

    def __init__(self, module: str, beginnings: Sequence[str]) -> None:
        self._module = module
        self._beginnings = [compile_path(beginning + "{rest:path}")[0] for beginning in beginnings]
        self._is_imported = False

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] == "http" and self._is_beginning_of(get_route_path(scope)):
            self.import_routes(scope["app"].routes)
        return Match.NONE, {}

    def import_routes(self, routes: list[BaseRoute]) -> None:
        """Into the list, once. A list that is walked meanwhile is walked on through what is put behind the place where
        the walk is. Raises ValueError for a route that none of the beginnings would find."""
        if self._is_imported:
            return
        router: APIRouter = import_module(self._module).router
        for route in router.routes:
            if isinstance(route, APIRoute) and not self._is_beginning_of(route.path):
                raise ValueError(f"{route.path} is in {self._module}, and does not begin as the app says of that")
        place = routes.index(self) + 1
        routes[place:place] = router.routes
        self._is_imported = True

    def _is_beginning_of(self, path: str) -> bool:
        return any(beginning.match(path) for beginning in self._beginnings)


def import_routes(app: FastAPI) -> None:
    """Of all late routers of the app."""
    for route in list(app.routes):
        if isinstance(route, _LateModule):
            route.import_routes(app.routes)


def make_routes(app: FastAPI) -> None:
    """All of them, those of late routers, too."""
    import_routes(app)
    for route in app.routes:
        if isinstance(route, LateRoute):
            route.make()


def _models_of(endpoint: Callable[..., Any]) -> Iterator[type[BaseModel]]:
    """What its parameters, and those of what it depends on, are read into."""
    for annotation in endpoint.__annotations__.values():
        kind, *more = get_args(annotation) if hasattr(annotation, "__metadata__") else [annotation]
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield kind
        for dependency in (getattr(each, "dependency", None) for each in more):
            if callable(dependency) and hasattr(dependency, "__annotations__"):
                yield from _models_of(dependency)


def annotated_with(endpoint: Callable[..., Any]) -> Sequence[Any]:
    """What the annotations of a handler's parameters carry beside their types."""
    annotations = endpoint.__annotations__.values()
    return [meta for annotation in annotations for meta in getattr(annotation, "__metadata__", ())]
