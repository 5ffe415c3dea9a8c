"""Paths of the account group."""

from datetime import UTC, datetime

from fastapi import Request, Response

from functions.account.answers import (
    AuditAnswer,
    AuditPage,
    CollectorAnswer,
    KeyAnswer,
    KeyPage,
    NewKeyAnswer,
    NewTenantAnswer,
    ProviderKeyAnswer,
    ProviderKeyPage,
    TenantAnswer,
    TenantPage,
)
from functions.account.schemas import CollectorRequest, KeyRequest, ProviderKeyRequest, TenantPatch, TenantRequest
from promptyard.api.app import group_router
from promptyard.api.auth.authentication import Admin, Operator
from promptyard.api.claims import answer_again
from promptyard.api.paging import CursorPaging, OffsetPaging
from promptyard.bootstrap.services import Audit, ManagedCollector, ManagedKeys, ManagedProviderKeys, ManagedTenants
from promptyard.domain.account.access import Role
from promptyard.domain.account.tenants import Tenant

router = group_router("account")

_SHOWN_ONCE = {"cache-control": "no-store"}


@router.get("/api/v1/keys", summary="List the tenant's API keys, newest first")
async def list_keys(query: OffsetPaging, caller: Admin, keys: ManagedKeys) -> KeyPage:
    return KeyPage.of_whole([KeyAnswer.of(key) for key in await keys.all_of(caller.tenant)], query)


@router.post("/api/v1/keys", status_code=201, summary="Make an API key; it is shown once")
async def make_key(
    request: Request, body: KeyRequest, response: Response, caller: Admin, keys: ManagedKeys
) -> NewKeyAnswer:
    made = await keys.make(caller, name=body.name, role=Role(body.role), expires_at=body.expires_at, quotas=body.quotas)
    response.headers.update(_SHOWN_ONCE)
    answer = NewKeyAnswer.of_new(made)
    answer_again(request, answer.without_key())
    return answer


@router.delete("/api/v1/keys/{key_id}", status_code=204, summary="Revoke an API key")
async def revoke_key(key_id: str, caller: Admin, keys: ManagedKeys) -> Response:
    """Takes effect within a minute everywhere."""
    await keys.revoke(caller, key_id)
    return Response(status_code=204)


@router.get("/api/v1/provider-keys", summary="List the tenant's stored provider keys")
async def list_provider_keys(query: OffsetPaging, caller: Admin, provider_keys: ManagedProviderKeys) -> ProviderKeyPage:
    keys = await provider_keys.all_of(caller.tenant)
    shown = [ProviderKeyAnswer.of(provider, key) for provider, key in sorted(keys.items())]
    return ProviderKeyPage.of_whole(shown, query)


@router.put("/api/v1/provider-keys/{provider}", summary="Store a provider key")
async def put_provider_key(
    provider: str, body: ProviderKeyRequest, caller: Admin, provider_keys: ManagedProviderKeys
) -> ProviderKeyAnswer:
    """It replaces one that is stored, takes effect within a minute everywhere, and is never shown again."""
    provider_id, stored = await provider_keys.put(caller, provider, body.key, body.origin)
    return ProviderKeyAnswer.of(provider_id, stored)


@router.delete("/api/v1/provider-keys/{provider}", status_code=204, summary="Forget a stored provider key")
async def delete_provider_key(provider: str, caller: Admin, provider_keys: ManagedProviderKeys) -> Response:
    await provider_keys.remove(caller, provider)
    return Response(status_code=204)


@router.get("/api/v1/telemetry", summary="The tenant's own collector of traces")
async def get_collector(caller: Admin, collector: ManagedCollector) -> CollectorAnswer:
    return CollectorAnswer.of(await collector.get(caller.tenant))


@router.put("/api/v1/telemetry", summary="Set the tenant's own collector of traces")
async def put_collector(body: CollectorRequest, caller: Admin, collector: ManagedCollector) -> CollectorAnswer:
    """Each run of the tenant that has ended is a span there. Takes effect within a minute everywhere. No run waits for
    the collector, whatever it does."""
    stored = await collector.put(caller, body.endpoint, body.headers, content=body.content)
    return CollectorAnswer.of(stored)


@router.delete("/api/v1/telemetry", status_code=204, summary="Forget the tenant's own collector of traces")
async def delete_collector(caller: Admin, collector: ManagedCollector) -> Response:
    """Takes effect within a minute everywhere."""
    await collector.remove(caller)
    return Response(status_code=204)


@router.get("/api/v1/audit", summary="The tenant's audit log, newest first")
async def audit(query: CursorPaging, caller: Admin, audit: Audit) -> AuditPage:
    page = await audit.page(caller.tenant, query.request())
    return AuditPage.of(page.map(AuditAnswer.of), query)


@router.get("/api/v1/tenants", summary="List the tenants by id")
async def list_tenants(query: CursorPaging, caller: Operator, tenants: ManagedTenants) -> TenantPage:  # noqa: ARG001
    page = await tenants.page(query.request())
    return TenantPage.of(page.map(TenantAnswer.of), query)


@router.post("/api/v1/tenants", status_code=201, summary="Make a tenant, and its first key")
async def make_tenant(
    request: Request, body: TenantRequest, response: Response, caller: Operator, tenants: ManagedTenants
) -> NewTenantAnswer:
    tenant = Tenant(created_at=datetime.now(UTC), **dict(body))
    admin_key = NewKeyAnswer.of_new(await tenants.make(caller, tenant))
    response.headers.update(_SHOWN_ONCE)
    answer_again(request, NewTenantAnswer.of_new(tenant, admin_key.without_key()))
    return NewTenantAnswer.of_new(tenant, admin_key)


@router.get("/api/v1/tenants/{tenant_id}", summary="One tenant")
async def get_tenant(tenant_id: str, caller: Operator, tenants: ManagedTenants) -> TenantAnswer:  # noqa: ARG001 - its role
    return TenantAnswer.of(await tenants.get(tenant_id))


@router.patch("/api/v1/tenants/{tenant_id}", summary="Change a tenant's quotas and limits")
async def change_tenant(tenant_id: str, body: TenantPatch, caller: Operator, tenants: ManagedTenants) -> TenantAnswer:
    """Takes effect within a minute everywhere."""
    return TenantAnswer.of(await tenants.change(caller, tenant_id, body.changes(), body.quota_changes()))
