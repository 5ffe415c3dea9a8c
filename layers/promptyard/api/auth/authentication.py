"""Who calls: worked out before anything else of a request is looked at, the body included.

Every route names its role in the type of its `caller` parameter (`caller: Viewer`, `Member`, `Admin`,
`Operator`); a route of a group's router without one cannot be defined. So nothing is open by oversight.
"""

from collections.abc import Awaitable, Callable, Coroutine, Iterator
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.openapi.models import HTTPBearer
from fastapi.routing import APIRoute
from fastapi.security.base import SecurityBase

from promptyard.api.claims import HEADER, PARAMETER, was_let_in
from promptyard.api.json_text import refuse_odd_json
from promptyard.api.late_routes import LateRoute, annotated_with
from promptyard.domain.account.access import Caller, Role
from promptyard.domain.errors import Forbidden, LimitReached, Unauthenticated

if TYPE_CHECKING:
    from promptyard.services.account.tenant_directory import TenantDirectory

NOBODY = ""
"""Those whose credential is none, together."""

Authenticator = Callable[[Request], Awaitable[Caller]]
"""Raises Unauthenticated for a missing or a bad credential, StoreUnavailable when it cannot tell."""


class RequiresRole(SecurityBase):
    """A dependency that hands the route the caller which `AuthenticatedRoute` has already let in. As FastAPI's
    SecurityBase it also makes the OpenAPI document say that a key is needed."""

    model = HTTPBearer(description="An API key (`py_live_…`), or a token of an issuer that the deployment trusts")
    scheme_name = "key"

    def __init__(self, role: Role, *, while_erasing: bool = False, begins_runs: bool = False) -> None:
        """`while_erasing`: also of a tenant that is being erased. `begins_runs`: the route does nothing else, so that
        who may begin none in this minute is refused before anything of the request is read."""
        self.role = role
        self.while_erasing = while_erasing
        self.begins_runs = begins_runs

    async def __call__(self, request: Request) -> Caller:  # FastAPI calls what is not async in a thread
        caller: Caller = request.state.caller
        return caller


Viewer = Annotated[Caller, Depends(RequiresRole(Role.VIEWER))]
Member = Annotated[Caller, Depends(RequiresRole(Role.MEMBER))]
Runner = Annotated[Caller, Depends(RequiresRole(Role.MEMBER, begins_runs=True))]
"""A member, where a request is for runs alone."""
Admin = Annotated[Caller, Depends(RequiresRole(Role.ADMIN))]
Eraser = Annotated[Caller, Depends(RequiresRole(Role.ADMIN, while_erasing=True))]
Operator = Annotated[Caller, Depends(RequiresRole(Role.OPERATOR))]


class AuthenticatedRoute(LateRoute):
    """FastAPI reads and parses the body before it solves dependencies, so a dependency alone would answer
    422 where 401 is due, and read megabytes from strangers."""

    body_is_json = True
    """Else the route reads its body itself, and says what is wrong with it."""
    is_once_by_itself = False
    """Done twice it is done once, so that an `Idempotency-Key` has nothing to add."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **more: Any) -> None:
        super().__init__(path, endpoint, **more)
        if not _names_role(endpoint):
            _requirement(self)

    def make(self) -> None:
        super().make()
        if "POST" in (self.methods or ()) and not self.is_once_by_itself:
            extra = self.openapi_extra or {}
            others = [given for given in extra.get("parameters", []) if given is not PARAMETER]
            self.openapi_extra = {**extra, "parameters": [*others, PARAMETER]}

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()
        required = _requirement(self)

        async def authenticated(request: Request) -> Response:
            provided = request.app.state.provided()
            authenticate: Authenticator = provided.authenticate
            try:
                caller = await authenticate(request)
            except Unauthenticated:
                await provided.refusals.wait(NOBODY)
                raise
            if not caller.role.allows(required.role):
                raise Forbidden(f"This needs the role {required.role.value}")
            if not required.while_erasing:
                tenants: TenantDirectory = provided.tenant_directory
                await tenants.check_open(caller)
            request.state.caller = caller
            if required.begins_runs:
                await _check_rate(request, caller)
            turn = request.state.turn = await provided.turns.take(caller.tenant)
            try:
                return await self._answered(request, caller, handler)
            finally:
                turn.leave()

        return authenticated

    async def _answered(
        self, request: Request, caller: Caller, handler: Callable[[Request], Coroutine[Any, Any, Response]]
    ) -> Response:
        if self.body_is_json:
            await refuse_odd_json(request)
        if HEADER not in request.headers or self.is_once_by_itself:
            return await handler(request)
        from promptyard.api.idempotency import once_a_key

        return await once_a_key(request, caller.tenant, partial(handler, request))


async def _check_rate(request: Request, caller: Caller) -> None:
    """Raises LimitReached, but not to who asks again for what was begun."""
    provided = request.app.state.provided()
    try:
        await provided.check_rate(caller)
    except LimitReached:
        if HEADER not in request.headers or not await was_let_in(request, caller.tenant):
            await provided.refusals.wait(caller.tenant)
            raise


class FileRoute(AuthenticatedRoute):
    """Takes a file as its body."""

    body_is_json = False


class ImportRoute(FileRoute):
    """Takes what keeps its ids, by the piece: to keep an answer under a key, the whole body would have to be held."""

    is_once_by_itself = True


def declared_role(route: APIRoute) -> Role:
    """The role a route asks for."""
    return _requirement(route).role


def begins_runs(route: APIRoute) -> bool:
    """Whether it is for runs alone."""
    return _requirement(route).begins_runs


def _names_role(endpoint: Callable[..., Any]) -> bool:
    dependencies = [getattr(meta, "dependency", None) for meta in annotated_with(endpoint)]
    return any(isinstance(dependency, RequiresRole) for dependency in dependencies)


def _requirement(route: APIRoute) -> RequiresRole:
    """Raises TypeError for a route that names no role: default deny, at import."""
    for dependant in _all_dependants(route.dependant):
        if isinstance(dependant.call, RequiresRole):
            return dependant.call
    raise TypeError(f"{route.path} declares no role: give it a `caller` parameter")


def _all_dependants(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for inner in dependant.dependencies:
        yield from _all_dependants(inner)
