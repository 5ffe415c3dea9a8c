"""Keys, tenants and audit entries in the account table."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from promptyard.domain.account.access import Role
from promptyard.domain.account.api_keys import ApiKey
from promptyard.domain.account.audit import AuditEntry
from promptyard.domain.account.quotas import Quotas, TenantQuotas
from promptyard.domain.account.tenants import Tenant
from promptyard.domain.errors import BadCursor, Conflict, NotFound, StoreUnavailable
from promptyard.domain.identifiers import time_ordered_id
from promptyard.domain.paging import PageRequest
from promptyard.storage.account.api_keys import DynamoApiKeyStore
from promptyard.storage.account.audit import DynamoAuditStore
from promptyard.storage.account.collectors import DynamoCollectorNotes
from promptyard.storage.account.tenants import DynamoTenantStore
from promptyard.storage.table import keys
from promptyard.storage.table.table import Table
from promptyard_local.aws import LocalAws
from tests.support.aws.local_aws import counted_requests

NOW = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)


@pytest.fixture
def table(local_aws: LocalAws) -> Table:
    return Table(local_aws.clients.dynamodb, local_aws.names["PROMPTYARD_ACCOUNT_TABLE"])


@pytest.fixture
def api_keys(table: Table) -> DynamoApiKeyStore:
    return DynamoApiKeyStore(table)


@pytest.fixture
def tenants(table: Table) -> DynamoTenantStore:
    return DynamoTenantStore(table)


@pytest.fixture
def audit(table: Table) -> DynamoAuditStore:
    return DynamoAuditStore(table)


@contextmanager
def failing_at(client: Any, operation: str, times_before: int) -> Iterator[None]:
    """The store goes away at one request: the process could as well have died there."""
    left = times_before

    def fail(**_: Any) -> None:
        nonlocal left
        if left == 0:
            from botocore.exceptions import EndpointConnectionError

            raise EndpointConnectionError(endpoint_url="http://store")
        left -= 1

    event = f"before-call.dynamodb.{operation}"
    client.meta.events.register(event, fail)
    try:
        yield
    finally:
        client.meta.events.unregister(event, fail)


def key(number: int = 0, tenant: str = "acme", **more: Any) -> ApiKey:
    return ApiKey(
        id=time_ordered_id(),
        hash=f"{number:064x}",
        prefix="py_live_abcd",
        tenant=tenant,
        name=f"key {number}",
        role=Role.MEMBER,
        created_at=NOW,
        **more,
    )


FULL = {
    "created_by": "someone",
    "expires_at": NOW + timedelta(days=1),
    "last_used_at": NOW,
    "quotas": Quotas(tokens_per_month=5, usd_per_month=Decimal("0.000001"), requests_per_minute=7),
}


@pytest.mark.parametrize("more", [{}, FULL], ids=["bare", "full"])
async def test_a_key_comes_back_as_it_was(api_keys: DynamoApiKeyStore, more: dict[str, Any]) -> None:
    stored = key(**more)
    await api_keys.add(stored)
    assert await api_keys.by_hash(stored.hash) == stored
    assert await api_keys.get("acme", stored.id) == stored


async def test_a_key_is_one_exact_read(local_aws: LocalAws, api_keys: DynamoApiKeyStore) -> None:
    stored = key()
    await api_keys.add(stored)
    with counted_requests(local_aws.clients.dynamodb()) as requests:
        await api_keys.by_hash(stored.hash)
        await api_keys.by_hash("f" * 64)
    assert requests == {"GetItem": 2}


async def test_a_tenants_keys_are_its_own_newest_first(local_aws: LocalAws, api_keys: DynamoApiKeyStore) -> None:
    ours = [key(number) for number in range(3)]
    for stored in (*ours, key(10, "acme2"), key(11, "acm")):
        await api_keys.add(stored)
    with counted_requests(local_aws.clients.dynamodb()) as requests:
        assert await api_keys.all_of("acme") == ours[::-1]
    assert requests == {"Query": 1, "BatchGetItem": 1}
    assert await api_keys.all_of("nobody") == []


@pytest.mark.parametrize("key_id", ["", "x", "x" * 5000])
async def test_what_is_no_keys_id(api_keys: DynamoApiKeyStore, key_id: str) -> None:
    with pytest.raises(NotFound):
        await api_keys.get("acme", key_id)


async def test_another_tenants_key_is_not_there(api_keys: DynamoApiKeyStore) -> None:
    stored = key()
    await api_keys.add(stored)
    with pytest.raises(NotFound):
        await api_keys.get("other", stored.id)


async def test_a_removed_key_is_gone_and_its_use_does_not_bring_it_back(
    local_aws: LocalAws, api_keys: DynamoApiKeyStore
) -> None:
    stored = key()
    await api_keys.add(stored)
    await api_keys.mark_used(stored, NOW)
    assert (await api_keys.get("acme", stored.id)).last_used_at == NOW
    await api_keys.remove(stored)
    await api_keys.mark_used(stored, NOW)
    assert await api_keys.by_hash(stored.hash) is None
    assert await api_keys.all_of("acme") == []
    assert local_aws.clients.dynamodb().scan(TableName=local_aws.names["PROMPTYARD_ACCOUNT_TABLE"])["Count"] == 0


async def test_making_a_key_that_fails_half_way_leaves_no_key_that_works(
    local_aws: LocalAws, api_keys: DynamoApiKeyStore
) -> None:
    stored = key()
    with failing_at(local_aws.clients.dynamodb(), "PutItem", 1), pytest.raises(StoreUnavailable):
        await api_keys.add(stored)
    assert await api_keys.by_hash(stored.hash) is None
    assert await api_keys.all_of("acme") == []


async def test_revoking_that_fails_half_way_leaves_no_key_that_works(
    local_aws: LocalAws, api_keys: DynamoApiKeyStore
) -> None:
    stored = key()
    await api_keys.add(stored)
    with failing_at(local_aws.clients.dynamodb(), "DeleteItem", 1), pytest.raises(StoreUnavailable):
        await api_keys.remove(stored)
    assert await api_keys.by_hash(stored.hash) is None
    assert await api_keys.all_of("acme") == []


ALL_QUOTAS = TenantQuotas(**FULL["quotas"].model_dump(), runs_at_once=9)


def tenant(tenant_id: str = "acme", **more: Any) -> Tenant:
    return Tenant(id=tenant_id, name=tenant_id.title(), created_at=NOW, **more)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {
            "quotas": ALL_QUOTAS,
            "max_output_tokens": 100,
            "retention_days": 30,
            "may_use_deployment_keys": True,
        },
    ],
    ids=["bare", "full"],
)
async def test_a_tenant_comes_back_as_it_was(tenants: DynamoTenantStore, more: dict[str, Any]) -> None:
    stored = tenant(**more)
    await tenants.add(stored)
    assert await tenants.get("acme") == stored


async def test_a_tenants_id_is_taken_once(tenants: DynamoTenantStore) -> None:
    await tenants.add(tenant())
    with pytest.raises(Conflict):
        await tenants.add(tenant(may_use_deployment_keys=True))
    assert await tenants.get("acme") == tenant()


async def test_fields_are_changed_one_by_one(tenants: DynamoTenantStore) -> None:
    await tenants.add(tenant(quotas=ALL_QUOTAS, retention_days=30))
    changes = {"name": "New", "retention_days": None, "may_use_deployment_keys": True}
    await tenants.change("acme", changes, {"usd_per_month": Decimal(9), "tokens_per_month": None, "runs_at_once": 4})
    assert await tenants.get("acme") == Tenant(
        id="acme",
        name="New",
        created_at=NOW,
        quotas=TenantQuotas(usd_per_month=Decimal(9), requests_per_minute=7, runs_at_once=4),
        may_use_deployment_keys=True,
    )
    with pytest.raises(NotFound):
        await tenants.change("nobody", {"name": "New"}, {})
    assert await tenants.get("nobody") is None


@pytest.mark.parametrize("tenant_id", ["", "a#b", "a/b", "x" * 3000, "operator", "local"])
async def test_what_is_no_tenants_id(tenants: DynamoTenantStore, tenant_id: str) -> None:
    assert await tenants.get(tenant_id) is None


async def test_tenants_come_in_pages(local_aws: LocalAws, tenants: DynamoTenantStore) -> None:
    for number in range(7):
        await tenants.add(tenant(f"t{number}"))
    with counted_requests(local_aws.clients.dynamodb()) as requests:
        page = await tenants.page(PageRequest(3))
    assert requests == {"Query": 1, "BatchGetItem": 1}
    seen = [found.id for found in page.items]
    while page.next_cursor:
        page = await tenants.page(PageRequest(3, cursor=page.next_cursor))
        seen += [found.id for found in page.items]
    assert seen == [f"t{number}" for number in range(7)]
    assert [found.id for found in (await tenants.page(PageRequest(3, offset=5))).items] == ["t5", "t6"]
    assert (await tenants.page(PageRequest(3, offset=7))).items == []


async def test_a_tenant_that_was_not_made_to_the_end_is_not_listed(
    local_aws: LocalAws, tenants: DynamoTenantStore
) -> None:
    with failing_at(local_aws.clients.dynamodb(), "PutItem", 1), pytest.raises(StoreUnavailable):
        await tenants.add(tenant())
    assert (await tenants.page(PageRequest(10))).items == []
    await tenants.add(tenant())
    assert (await tenants.page(PageRequest(10))).items == [tenant()]


def entry(number: int, of: str = "acme") -> AuditEntry:
    details = {"name": None, "changes": {"usd_per_month": None, "list": [1, "a", True]}, "number": number}
    return AuditEntry(
        id=time_ordered_id(),
        tenant=of,
        at=NOW,
        actor="key-1",
        actor_role="admin",
        action="key.created",
        subject=f"key {number}",
        details=details,
    )


async def test_the_log_is_newest_first_in_pages_and_each_tenants_own(audit: DynamoAuditStore) -> None:
    ours = [entry(number) for number in range(5)]
    for made in (*ours, entry(9, "other")):
        await audit.append(made)
    first = await audit.page("acme", PageRequest(3))
    assert first.items == ours[:1:-1]
    assert first.next_cursor is not None
    last = await audit.page("acme", PageRequest(3, cursor=first.next_cursor))
    assert (last.items, last.next_cursor) == (ours[1::-1], None)
    assert (await audit.page("acme", PageRequest(2, offset=4))).items == ours[:1]
    assert (await audit.page("acme", PageRequest(2, offset=5))).items == []
    with pytest.raises(BadCursor):
        await audit.page("other", PageRequest(3, cursor=first.next_cursor))


async def test_an_entry_is_never_written_over(audit: DynamoAuditStore) -> None:
    made = entry(1)
    await audit.append(made)
    with pytest.raises(Conflict):
        await audit.append(made.model_copy(update={"subject": "something else"}))
    assert (await audit.page("acme", PageRequest(3))).items == [made]


@pytest.mark.parametrize("cursor", ["", "x", "W10", "é", "WyJhIix7fV0"])
async def test_a_cursor_that_nobody_gave_out(audit: DynamoAuditStore, cursor: str) -> None:
    with pytest.raises(BadCursor):
        await audit.page("acme", PageRequest(3, cursor=cursor))


def test_no_tenant_can_reach_into_anothers_partition() -> None:
    for name in ("", "a#b", "acme#key", "a/b"):
        for partition in (keys.api_keys_partition, keys.audit_partition, keys.tenant_key, keys.tenant_pointer):
            with pytest.raises(ValueError, match="tenant's id"):
                partition(name)


async def test_that_a_tenant_has_a_collector_is_noted(table: Table) -> None:
    notes = DynamoCollectorNotes(table)
    assert not await notes.has("acme")
    await notes.remove("acme")
    await notes.note("acme")
    await notes.note("acme")
    assert (await notes.has("acme"), await notes.has("other")) == (True, False)
    await notes.remove("acme")
    assert not await notes.has("acme")
