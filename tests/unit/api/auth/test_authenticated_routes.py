"""Who is let in, before anything of a request is read."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI, Request
from pydantic import BaseModel

from promptyard.api.app import Provision, create_app, group_router
from promptyard.api.auth.authentication import Admin, Eraser, Member, Operator, Viewer
from promptyard.api.bulkheads.refusals import RefusalPace
from promptyard.api.bulkheads.turns import Turns
from promptyard.domain.account.access import Caller, Role
from promptyard.domain.account.tenants import Tenant, TenantStatus
from promptyard.domain.errors import Conflict, Unauthenticated
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


class NoClaims:
    """Idempotency that is never free."""

    async def begin(self, *_: object) -> None:
        raise Conflict("asked for")


async def nothing() -> None: ...


def app(status: TenantStatus = TenantStatus.ACTIVE) -> FastAPI:
    acme = Tenant(id="acme", name="Acme", created_at=datetime.now(UTC), status=status)

    async def authenticate(request: Request) -> Caller:
        if (role := request.headers.get("x-role")) is None:
            raise Unauthenticated("a key is needed")
        return Caller(tenant="acme", role=Role(role))

    parts: Any = SimpleNamespace(
        authenticate=authenticate,
        tenant_directory=TenantDirectory(MemoryTenants(acme)),
        settings=Settings(),
        idempotency=NoClaims(),
        turns=Turns(),
        refusals=RefusalPace(),
        rest=nothing,
    )
    return create_app(router, provide=lambda: cast(Provision, parts))


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
    assert await status(app(), "/admin", {"x-role": "viewer", "idempotency-key": "k"}) == 403
