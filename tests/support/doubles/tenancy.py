"""A server that asks for keys, with tenants on it, and things of theirs."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx
import pytest

from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.whole import whole
from promptyard.domain.account.access import Caller, Role
from promptyard.domain.account.api_keys import ApiKey, hash_key, make_key, prefix_of
from promptyard.domain.account.tenants import OPERATORS, Tenant
from promptyard.domain.identifiers import time_ordered_id
from tests.support.servers.server import RunningServer, StartServer

OPERATOR = Caller(tenant=OPERATORS, role=Role.OPERATOR, name="test")

Result = TypeVar("Result")


class Tenancy:
    """Tenants and keys on a running server, made behind its back: what it knows, it knows from the store."""

    def __init__(self, server: RunningServer) -> None:
        self.server = server
        self.client = server.client
        self._services = whole(server.services.settings, server.aws.names, server.aws.clients)

    def run(self, work: Callable[[Parts], Coroutine[Any, Any, Result]]) -> Result:
        return asyncio.run(work(self._services))

    def make_tenant(self, tenant_id: str, **settings: Any) -> None:
        tenant = Tenant(id=tenant_id, name=tenant_id, created_at=datetime.now(UTC), **settings)
        self.run(lambda services: services.callers.tenant_store.add(tenant))

    def key(self, tenant_id: str, role: Role) -> str:
        made = self.run(
            lambda services: services.account.api_keys.make(OPERATOR, name="test", role=role, tenant=tenant_id)
        )
        return made.secret.get_secret_value()

    def expired_key(self, tenant_id: str, role: Role) -> str:
        now = datetime.now(UTC)
        text = make_key().get_secret_value()
        record = ApiKey(
            id=time_ordered_id(),
            hash=hash_key(text),
            prefix=prefix_of(text),
            tenant=tenant_id,
            name="expired",
            role=role,
            created_at=now - timedelta(days=2),
            expires_at=now - timedelta(seconds=1),
        )
        self.run(lambda services: services.callers.key_store.add(record))
        return text

    def revoked_key(self, tenant_id: str, role: Role) -> str:
        """Used once, so that the server has it in its cache, then revoked through the server."""
        text = self.key(tenant_id, role)
        admin = self.key(tenant_id, Role.ADMIN)
        listed = self.request("GET", "/api/v1/keys?limit=100", admin).json()["items"]
        key_id = next(item["id"] for item in listed if item["prefix"] == prefix_of(text))
        self.request("GET", "/api/v1/playground/history", text)
        assert self.request("DELETE", f"/api/v1/keys/{key_id}", admin).status_code == 204
        return text

    def request(self, method: str, path: str, key: str | None, **more: Any) -> httpx.Response:
        headers = {} if key is None else {"authorization": f"Bearer {key}"}
        return self.client.request(method, path, headers=headers, **more)


@pytest.fixture
def tenancy(start_server: StartServer) -> Tenancy:
    """With the tenants `acme` and `other`."""
    tenancy = Tenancy(start_server({"PROMPTYARD_AUTH": "required"}))
    tenancy.make_tenant("acme")
    tenancy.make_tenant("other")
    return tenancy


class As:
    """Requests with one key."""

    def __init__(self, tenancy: Tenancy, tenant: str, role: Role) -> None:
        self._tenancy = tenancy
        self.key = tenancy.key(tenant, role)

    def __call__(self, method: str, path: str, body: Any = None) -> httpx.Response:
        more = {} if body is None else {"json": body}
        return self._tenancy.request(method, path, self.key, **more)

    def get(self, path: str) -> Any:
        response = self("GET", path)
        assert response.status_code == 200, response.text
        return response.json()


@pytest.fixture
def admin(tenancy: Tenancy) -> As:
    return As(tenancy, "acme", Role.ADMIN)


@pytest.fixture
def operator(tenancy: Tenancy) -> As:
    return As(tenancy, "operator", Role.OPERATOR)


def fields_at_fault(response: httpx.Response) -> list[Any]:
    assert response.status_code == 422, response.text
    return [entry["loc"][-1] for entry in response.json()["detail"]]
