"""One group's FastAPI app, or several groups' together."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Protocol

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.middleware import Middleware

from promptyard.api.auth.authentication import AuthenticatedRoute, Authenticator
from promptyard.api.bulkheads.refusals import RefusalPace
from promptyard.api.bulkheads.turns import Turns
from promptyard.api.docs import add_docs
from promptyard.api.errors import APP_RESPONSES, ROUTER_RESPONSES, install_error_handlers
from promptyard.api.late_routes import LateRoute, import_routes
from promptyard.api.middleware import (
    BodyLimitMiddleware,
    HeadMiddleware,
    LateCorsMiddleware,
    RequestMiddleware,
    SlashMiddleware,
)

if TYPE_CHECKING:
    from promptyard.domain.account.access import Caller
    from promptyard.services.account.tenant_directory import TenantDirectory
    from promptyard.services.runs.run_handle import RunHandle
    from promptyard.settings import Settings

VERSION = "0.1.0"
"""The package's, which knows more than this shelf may: a test holds them together."""
DESCRIPTION = """Run a prompt on any provider with tokens streamed as they come, compare targets side by side in one
stream, keep every run and what it cost."""

SLASHED = "/api/v2/"
"""Paths below it end in a slash, which may be left out."""


class Provision(Protocol):
    """What an app needs from outside."""

    @property
    def authenticate(self) -> Authenticator: ...

    @property
    def tenant_directory(self) -> "TenantDirectory": ...

    @property
    def turns(self) -> Turns: ...

    @property
    def refusals(self) -> RefusalPace: ...

    @property
    def settings(self) -> "Settings": ...

    async def rest(self) -> None:
        """Called after each request where the process stands still between requests: waits for what goes on."""

    async def check_rate(self, caller: "Caller") -> None:
        """Raises LimitReached where the caller may begin no run in this minute, as far as this process knows."""

    async def close(self) -> None:
        """Called once, when the app stops."""


def group_router(tag: str, route_class: type[AuthenticatedRoute] = AuthenticatedRoute) -> APIRouter:
    """A router whose routes all have to declare a role."""
    return APIRouter(tags=[tag], route_class=route_class, responses=ROUTER_RESPONSES)


def join(router: APIRouter, *others: APIRouter) -> None:
    """Give the router the others' routes. FastAPI's `include_router` would make each of them anew, at the first request
    at the latest: a tenth of a cold start, where there is no prefix or anything else to add."""
    for other in others:
        router.routes.extend(other.routes)


def create_app(
    *routers: APIRouter, provide: Callable[[], Provision], at_start: Callable[[FastAPI], None] | None = None
) -> FastAPI:
    """The app. `provide` is called once, by the first request that needs it: never at import, and not at startup,
    which a buffered Lambda function has none of. The result stands in `app.state.provided()`. `at_start` is called
    before the first request where there is a startup."""
    provided = cache(provide)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if at_start is not None:
            at_start(app)
        yield
        if provided.cache_info().currsize:
            await provided().close()

    app = FastAPI(
        title="Promptyard",
        version=VERSION,
        description=DESCRIPTION,
        lifespan=lifespan,
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        servers=[{"url": "./"}],
        responses=APP_RESPONSES,
        middleware=[
            Middleware(SlashMiddleware, prefix=SLASHED),
            Middleware(RequestMiddleware),
            Middleware(HeadMiddleware),
            Middleware(LateCorsMiddleware),
            Middleware(BodyLimitMiddleware),
        ],
    )
    app.state.provided = provided
    app.state.answer_again = _answer_again
    app.openapi = partial(_described, app)  # type: ignore[method-assign]  # as FastAPI's guide to extending OpenAPI does
    install_error_handlers(app)
    app.router.route_class = LateRoute
    join(app.router, *routers)
    add_docs(app)
    app.add_api_route("/health", _health, tags=["health"], summary="Whether this function answers")
    return app


def _described(app: FastAPI) -> dict[str, Any]:
    """The document of all its routes, whichever have been asked for."""
    import_routes(app)
    return FastAPI.openapi(app)


async def _answer_again(request: Request, handle: "RunHandle", *, stream: bool) -> Response:
    from promptyard.api.run_response import run_response  # a group that runs nothing has no use for it

    return await run_response(request, handle, stream=stream, on_disconnect="continue", streams=None)


async def _health() -> dict[str, str]:
    return {"status": "ok"}
