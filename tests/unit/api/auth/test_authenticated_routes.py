"""Who is let in, before anything of a request is read."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI, Request
from pydantic import BaseModel

from promptyard.api.app import Provision, create_app, group_router
from promptyard.api.auth.authentication import (
    NOBODY,
    Admin,
    AuthenticatedRoute,
    Eraser,
    FileRoute,
    ImportRoute,
    Member,
    Operator,
    Runner,
    Viewer,
)
from promptyard.api.bulkheads import turns as turns_module
from promptyard.api.bulkheads.refusals import RefusalPace
from promptyard.api.bulkheads.turns import Turns
from promptyard.api.claims import PARAMETER
from promptyard.domain.account.access import Caller, Role
from promptyard.domain.account.tenants import Tenant, TenantStatus
from promptyard.domain.errors import Conflict, RateLimited, Unauthenticated
from promptyard.domain.headroom import Headroom
from promptyard.services.account.tenant_directory import TenantDirectory
from promptyard.settings import Settings
from tests.support.doubles.account_doubles import MemoryTenants

router = group_router("test")


class Number(BaseModel):
    number: int


@router.post("/viewer")
async def viewer(body: Number, caller: Viewer) -> int:
    return body.number


@router.post("/member")
async def member(caller: Member) -> str:
    return caller.tenant


@router.post("/admin")
async def admin(caller: Admin) -> str:
    return caller.tenant


@router.post("/eraser")
async def eraser(caller: Eraser) -> str:
    return caller.tenant


@router.post("/operator")
async def operator(caller: Operator) -> str:
    return caller.tenant


@router.post("/runner")
async def runner(caller: Runner) -> str:
    return caller.tenant


async def file(request: Request, caller: Member) -> int:
    return len(await request.body())


router.add_api_route("/file", file, methods=["POST"], route_class_override=FileRoute)
router.add_api_route("/import", file, methods=["POST"], route_class_override=ImportRoute)


class NoClaims:
    """Idempotency that is never free."""

    async def begin(self, *_: object) -> None:
        raise Conflict("asked for")

    async def is_known(self, tenant: str, key: str) -> bool:
        return key == "known"


class Noted(RefusalPace):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    async def wait(self, name: str) -> None:
        self.names.append(name)


async def nothing() -> None: ...


async def no_limit(caller: Caller) -> None: ...


async def past_the_limit(caller: Caller) -> None:
    raise RateLimited(
        "enough",
        retry_after=1.0,
        numbers={"scope": "tenant", "unit": "requests_per_minute", "limit": 1, "used": 1},
        headroom=Headroom(),
    )


def app(status: TenantStatus = TenantStatus.ACTIVE, **changes: Any) -> FastAPI:
    acme = Tenant(id="acme", name="Acme", created_at=datetime.now(UTC), status=status)

    async def authenticate(request: Request) -> Caller:
        if (role := request.headers.get("x-role")) is None:
            raise Unauthenticated("a key is needed")
        return Caller(tenant="acme", role=Role(role))

    parts: dict[str, Any] = {
        "authenticate": authenticate,
        "tenant_directory": TenantDirectory(MemoryTenants(acme)),
        "settings": Settings(),
        "idempotency": NoClaims(),
        "turns": Turns(),
        "refusals": RefusalPace(),
        "check_rate": no_limit,
        "rest": nothing,
    }
    provided = SimpleNamespace(**parts | changes)
    return create_app(router, provide=lambda: cast(Provision, provided))


async def status(app: FastAPI, path: str, headers: Mapping[str, str], body: bytes = b'{"number": 3}') -> int:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as client:
        given = {"content-type": "application/json", **headers}
        return (await client.post(path, headers=given, content=body)).status_code


ALLOWED = {
    "viewer": {"viewer"},
    "member": {"viewer", "member"},
    "admin": {"viewer", "member", "admin", "eraser"},
    "operator": {"operator"},
}
"""Paths, by role."""


@pytest.mark.parametrize("role", ALLOWED)
@pytest.mark.parametrize("path", ["viewer", "member", "admin", "eraser", "operator"])
async def test_who_may_do_what(role: str, path: str) -> None:
    assert await status(app(), f"/{path}", {"x-role": role}) == (200 if path in ALLOWED[role] else 403)


@pytest.mark.parametrize("leaving", [TenantStatus.ERASING, TenantStatus.ERASED])
async def test_only_the_erasure_goes_on_for_a_tenant_that_is_leaving(leaving: TenantStatus) -> None:
    going = app(leaving)
    for path in ALLOWED["admin"] - {"eraser"}:
        assert await status(going, f"/{path}", {"x-role": "admin"}) == 403
    assert await status(going, "/eraser", {"x-role": "admin"}) == 200


async def test_a_stranger_is_told_so_before_the_body_is_read() -> None:
    for body in (b"no json", b'{"number": "x"}'):
        assert await status(app(), "/viewer", {}, body) == 401
        assert await status(app(), "/admin", {"x-role": "viewer"}, body) == 403
    assert await status(app(), "/viewer", {"x-role": "viewer"}, b'{"number": "x"}') == 422


async def test_a_request_is_claimed_by_its_key_where_it_has_one() -> None:
    """Claims are never free here, so that a request that looks for one is a 409."""
    assert await status(app(), "/viewer", {"x-role": "viewer"}) == 200
    assert await status(app(), "/viewer", {"x-role": "viewer", "idempotency-key": "k"}) == 409
    assert await status(app(), "/file", {"x-role": "member", "idempotency-key": "k"}) == 409
    assert await status(app(), "/admin", {"x-role": "viewer", "idempotency-key": "k"}) == 403


async def test_what_is_done_once_by_itself_is_claimed_by_no_key() -> None:
    assert await status(app(), "/import", {"x-role": "member", "idempotency-key": "k"}) == 200


async def test_who_may_begin_no_run_now_is_refused_unless_the_request_was_let_in_before() -> None:
    refusals = Noted()
    limited = app(check_rate=past_the_limit, refusals=refusals)
    assert await status(limited, "/member", {"x-role": "member"}) == 200, "begins none"
    assert refusals.names == []
    for others in ({}, {"idempotency-key": "new"}):
        assert await status(limited, "/runner", {"x-role": "member", **others}) == 429
    assert refusals.names == ["acme"] * 2, "each keeps its pace"
    assert await status(limited, "/runner", {"x-role": "member", "idempotency-key": "known"}) == 409
    assert refusals.names == ["acme"] * 2
    assert await status(app(), "/runner", {"x-role": "member"}) == 200


async def test_strangers_are_refused_at_one_pace() -> None:
    refusals = Noted()
    assert await status(app(refusals=refusals), "/viewer", {}) == 401
    assert refusals.names == [NOBODY]


async def test_a_turn_ends_with_its_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the answer: who waits for a turn of one at once gets it as soon as that is there."""
    monkeypatch.setattr(turns_module, "HELD_SECONDS", 600.0)
    turns = Turns(at_once=1)
    going_on = app(turns=turns)
    for body, expected in ((b'{"number": 3}', 200), (b'{"number": "x"}', 422), (b'{"number": NaN}', 422)):
        assert await status(going_on, "/viewer", {"x-role": "viewer"}, body) == expected
        async with asyncio.timeout(10):
            (await turns.take("acme")).leave()


async def test_only_what_is_to_be_json_is_looked_at_as_json() -> None:
    odd = b'{"number": NaN}'
    assert await status(app(), "/member", {"x-role": "member"}, odd) == 422
    assert await status(app(), "/file", {"x-role": "member"}, odd) == 200


def test_a_role_is_told_of_a_handler_without_making_its_route() -> None:
    """By the type of `caller`: what FastAPI makes of a handler takes its time at a group's start."""

    async def nobody(request: Request) -> None: ...

    made = group_router("late")
    made.add_api_route("/late", member, methods=["POST"])
    assert vars(made.routes[0])["_given"] is not None
    with pytest.raises(TypeError, match="declares no role"):
        made.add_api_route("/nobody", nobody, methods=["POST"])


def test_a_post_takes_an_idempotency_key_beside_its_own_parameters() -> None:
    """Once, however often it is made."""
    own = {"name": "X-Own", "in": "header", "schema": {"type": "string"}}
    made = group_router("extra")
    made.add_api_route("/extra", member, methods=["POST"], openapi_extra={"parameters": [own]})
    route = cast(AuthenticatedRoute, made.routes[0])
    for _ in range(2):
        route.make()
        assert route.openapi_extra == {"parameters": [own, PARAMETER]}


def test_a_key_is_offered_where_it_is_of_use() -> None:
    made = group_router("offers")
    made.add_api_route("/read", member, methods=["GET"])
    made.add_api_route("/import", file, methods=["POST"], route_class_override=ImportRoute)
    for route in made.routes:
        cast(AuthenticatedRoute, route).make()
        assert not cast(AuthenticatedRoute, route).openapi_extra
