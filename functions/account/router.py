"""Paths of the account group."""

from datetime import UTC, datetime
from typing import Any

from fastapi import Request, Response

from functions.account.responses import (
    audit_body,
    key_body,
    new_key_body,
    provider_key_body,
    tenant_body,
)
from functions.account.schemas import (
    AuditPage,
    KeyPage,
    KeyRequest,
    NewKeyBody,
    NewTenantBody,
    ProviderKeyBody,
    ProviderKeyPage,
    ProviderKeyRequest,
    TenantBody,
    TenantPage,
    TenantPatch,
    TenantRequest,
)
from promptyard.api.app import group_router
from promptyard.api.auth.authentication import Admin, Operator
from promptyard.api.claims import answer_again
from promptyard.api.paging import CursorPaging, OffsetPaging, page_of, page_of_whole
from promptyard.bootstrap.account import ManagedKeys, ManagedProviderKeys, ManagedTenants
from promptyard.bootstrap.callers import Audit
from promptyard.domain.account.access import Role
from promptyard.domain.account.tenants import Tenant

router = group_router("account")

_SHOWN_ONCE = {"cache-control": "no-store"}


@router.get("/api/v1/keys", response_model=KeyPage, summary="List the tenant's API keys, newest first")
async def list_keys(query: OffsetPaging, caller: Admin, keys: ManagedKeys) -> dict[str, Any]:
    return page_of_whole([key_body(key) for key in await keys.all_of(caller.tenant)], query)


@router.post("/api/v1/keys", status_code=201, response_model=NewKeyBody, summary="Make an API key; it is shown once")
async def make_key(
    request: Request, body: KeyRequest, response: Response, caller: Admin, keys: ManagedKeys
) -> dict[str, Any]:
    made = await keys.make(caller, name=body.name, role=Role(body.role), expires_at=body.expiry(), quotas=body.quotas)
    response.headers.update(_SHOWN_ONCE)
    answer_again(request, NewKeyBody(**key_body(made.record), key=None))
    return new_key_body(made)


@router.delete("/api/v1/keys/{key_id}", status_code=204, summary="Revoke an API key")
async def revoke_key(key_id: str, caller: Admin, keys: ManagedKeys) -> Response:
    """Takes effect within a minute everywhere."""
    await keys.revoke(caller, key_id)
    return Response(status_code=204)


@router.get("/api/v1/provider-keys", response_model=ProviderKeyPage, summary="List the tenant's stored provider keys")
async def list_provider_keys(query: OffsetPaging, caller: Admin, provider_keys: ManagedProviderKeys) -> dict[str, Any]:
    keys = await provider_keys.all_of(caller.tenant)
    bodies = [provider_key_body(provider, key) for provider, key in sorted(keys.items())]
    return page_of_whole(bodies, query)


@router.put("/api/v1/provider-keys/{provider}", response_model=ProviderKeyBody, summary="Store a provider key")
async def put_provider_key(
    provider: str, body: ProviderKeyRequest, caller: Admin, provider_keys: ManagedProviderKeys
) -> dict[str, Any]:
    """It replaces one that is stored, takes effect within a minute everywhere, and is never shown again."""
    provider_id, stored = await provider_keys.put(caller, provider, body.key, body.origin)
    return provider_key_body(provider_id, stored)


@router.delete("/api/v1/provider-keys/{provider}", status_code=204, summary="Forget a stored provider key")
async def delete_provider_key(provider: str, caller: Admin, provider_keys: ManagedProviderKeys) -> Response:
    await provider_keys.remove(caller, provider)
    return Response(status_code=204)


@router.get("/api/v1/audit", response_model=AuditPage, summary="The tenant's audit log, newest first")
async def audit(query: CursorPaging, caller: Admin, audit: Audit) -> dict[str, Any]:
    page = await audit.page(caller.tenant, query.request())
    return page_of(page.map(audit_body), query)


@router.get("/api/v1/tenants", response_model=TenantPage, summary="List the tenants by id")
async def list_tenants(query: CursorPaging, caller: Operator, tenants: ManagedTenants) -> dict[str, Any]:  # noqa: ARG001
    page = await tenants.page(query.request())
    return page_of(page.map(tenant_body), query)


@router.post(
    "/api/v1/tenants", status_code=201, response_model=NewTenantBody, summary="Make a tenant, and its first key"
)
async def make_tenant(
    request: Request, body: TenantRequest, response: Response, caller: Operator, tenants: ManagedTenants
) -> dict[str, Any]:
    tenant = Tenant(created_at=datetime.now(UTC), **dict(body))
    made = await tenants.make(caller, tenant)
    response.headers.update(_SHOWN_ONCE)
    shown_again = NewKeyBody(**key_body(made.record), key=None)
    answer_again(request, NewTenantBody(**tenant_body(tenant), admin_key=shown_again))
    return tenant_body(tenant) | {"admin_key": new_key_body(made)}


@router.get("/api/v1/tenants/{tenant_id}", response_model=TenantBody, summary="One tenant")
async def get_tenant(tenant_id: str, caller: Operator, tenants: ManagedTenants) -> dict[str, Any]:  # noqa: ARG001 - its role
    return tenant_body(await tenants.get(tenant_id))


@router.patch("/api/v1/tenants/{tenant_id}", response_model=TenantBody, summary="Change a tenant's quotas and limits")
async def change_tenant(tenant_id: str, body: TenantPatch, caller: Operator, tenants: ManagedTenants) -> dict[str, Any]:
    """Takes effect within a minute everywhere."""
    changes = body.model_dump(include=body.model_fields_set - {"quotas"})
    quotas = body.quotas.model_dump(include=body.quotas.model_fields_set)
    return tenant_body(await tenants.change(caller, tenant_id, changes, quotas))
