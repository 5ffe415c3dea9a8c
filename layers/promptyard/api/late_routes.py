"""Routes that are made when they are first asked for. What FastAPI works out of a handler's parameters, and of the
models of its request and its answer, is a third of what a group would do at its start, for routes that its process may
never be asked for."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, get_args

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.routing import compile_path, get_name


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


def make_routes(app: FastAPI) -> None:
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
