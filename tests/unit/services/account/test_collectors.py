"""A tenant's collector: what is asked of the store for it, and when a change is known."""

from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from promptyard.domain.account.access import Caller, Role
from promptyard.domain.account.collectors import Collector
from promptyard.domain.errors import EndpointRefused, InvalidRequest, NotFound, StoreUnavailable
from promptyard.domain.otlp import Destination
from promptyard.services.account.audit import AuditLog
from promptyard.services.account.collectors import CollectorService, TenantCollectors
from promptyard.services.account.provider_keys import CACHE_SECONDS, StoredProviderKeys
from tests.support.doubles.account_doubles import Clock, MemoryAudit, MemorySecrets

ADMIN = Caller(tenant="acme", role=Role.ADMIN)
KEY = "lf-canary-88bb"


class MemoryNotes:
    """Implements `services.ports.account.CollectorNotes`."""

    def __init__(self) -> None:
        self.tenants: set[str] = set()
        self.reads = 0

    async def has(self, tenant: str) -> bool:
        self.reads += 1
        return tenant in self.tenants

    async def note(self, tenant: str) -> None:
        self.tenants.add(tenant)

    async def remove(self, tenant: str) -> None:
        self.tenants.discard(tenant)


class Process:
    """What one process knows of a store that it shares with others."""

    def __init__(self, notes: MemoryNotes, secrets: MemorySecrets, clock: Clock, audit: MemoryAudit) -> None:
        stored = StoredProviderKeys(secrets)
        self.collectors = TenantCollectors(notes, stored)
        stored._cache.now = self.collectors._noted.now = clock
        self.service = CollectorService(self.collectors, plain, AuditLog(audit))

    async def put(self, endpoint: str = "https://c.example/otel", **more: Any) -> None:
        headers = {"Authorization": SecretStr(f"Basic {KEY}")}
        await self.service.put(ADMIN, endpoint, headers, **{"content": False, **more})


def plain(url: str) -> str:
    if not url.startswith("https://"):
        raise EndpointRefused("endpoint must be https")
    return url


class Setup:
    def __init__(self) -> None:
        self.notes, self.secrets, self.clock, self.audit = MemoryNotes(), MemorySecrets(), Clock(), MemoryAudit()
        self.one, self.two = (Process(self.notes, self.secrets, self.clock, self.audit) for _ in range(2))


@pytest.fixture
def setup() -> Setup:
    return Setup()


async def test_where_spans_go_and_with_what(setup: Setup) -> None:
    await setup.one.put(content=True)
    found = await setup.two.collectors.find("acme")
    assert found == Destination("https://c.example/otel/v1/traces", {"authorization": f"Basic {KEY}"}, content=True)
    assert await setup.two.collectors.find("other") is None
    assert KEY not in repr(found)
    assert KEY not in repr(await setup.one.service.get("acme"))
    assert setup.audit.acts() == [("acme", "collector.stored", "collector")]
    assert KEY not in repr(setup.audit.entries)


async def test_of_a_tenant_without_one_no_secret_is_read_and_one_note_a_minute(setup: Setup) -> None:
    assert setup.one.collectors.may_have("acme")
    for _ in range(100):
        assert await setup.one.collectors.find("acme") is None
    assert not setup.one.collectors.may_have("acme")
    assert (setup.notes.reads, setup.secrets.reads) == (1, 0)
    setup.clock.seconds += CACHE_SECONDS
    assert setup.one.collectors.may_have("acme")
    await setup.one.collectors.find("acme")
    assert (setup.notes.reads, setup.secrets.reads) == (2, 0)


async def test_of_one_with_a_collector_the_store_is_asked_once_a_minute(setup: Setup) -> None:
    await setup.one.put()
    for _ in range(100):
        assert await setup.two.collectors.find("acme") is not None
    assert (setup.notes.reads, setup.secrets.reads) == (1, 1)


async def test_a_change_is_known_at_once_here_and_within_a_minute_elsewhere(setup: Setup) -> None:
    for process in (setup.one, setup.two):
        assert await process.collectors.find("acme") is None
    await setup.one.put()
    assert setup.one.collectors.may_have("acme")
    assert await setup.one.collectors.find("acme") is not None
    setup.clock.seconds += CACHE_SECONDS
    assert await setup.two.collectors.find("acme") is not None
    await setup.one.put("https://d.example")
    setup.clock.seconds += CACHE_SECONDS
    for process in (setup.one, setup.two):
        found = await process.collectors.find("acme")
        assert found is not None
        assert found.url == "https://d.example/v1/traces"
    await setup.one.service.remove(ADMIN)
    assert await setup.one.collectors.find("acme") is None
    setup.clock.seconds += CACHE_SECONDS
    assert await setup.two.collectors.find("acme") is None
    assert KEY not in repr(
        [entry.key.get_secret_value() for keys in setup.secrets.keys.values() for entry in keys.values()]
    )


async def test_a_secret_that_was_known_empty_is_read_anew_for_a_new_note(setup: Setup) -> None:
    await setup.one.put()
    await setup.one.service.remove(ADMIN)
    await setup.notes.note("acme")
    assert await setup.two.collectors.find("acme") is None  # and it knows an empty secret now
    await setup.one.put()
    setup.two.collectors._noted.drop("acme")
    assert await setup.two.collectors.find("acme") is not None


async def test_a_note_without_a_collector_is_none_and_is_not_asked_of_each_run(setup: Setup) -> None:
    await setup.notes.note("acme")
    assert await setup.one.collectors.find("acme") is None
    reads = setup.secrets.reads
    assert not setup.one.collectors.may_have("acme")
    assert await setup.one.collectors.find("acme") is None
    assert setup.secrets.reads == reads
    with pytest.raises(NotFound):
        await setup.one.service.get("acme")


async def test_a_store_that_is_away_is_told(setup: Setup) -> None:
    await setup.one.put()
    setup.secrets.failure = StoreUnavailable("away")
    with pytest.raises(StoreUnavailable):
        await setup.two.collectors.find("acme")


async def test_what_is_refused_changes_nothing(setup: Setup) -> None:
    with pytest.raises(EndpointRefused):
        await setup.one.put("http://c.example")
    for headers in ({"host": "x"}, {"a": "x\n"}, {"a": ""}, {"A": "x", "a": "x"}):
        given = {name: SecretStr(value) for name, value in headers.items()}
        with pytest.raises(InvalidRequest) as refused:
            await setup.one.service.put(ADMIN, "https://c.example", given, content=False)
        assert refused.value.loc == ("body", "headers")
    with pytest.raises(NotFound):
        await setup.one.service.remove(ADMIN)
    assert (setup.notes.tenants, setup.secrets.keys, setup.audit.entries) == (set(), {}, [])


async def test_an_act_that_the_log_does_not_take_is_not_done(setup: Setup) -> None:
    setup.audit.failure = StoreUnavailable("away")
    with pytest.raises(StoreUnavailable):
        await setup.one.put()
    assert setup.notes.tenants == set()


def test_what_cannot_be_read_shows_no_header() -> None:
    with pytest.raises(ValidationError) as failure:
        Collector.model_validate({"endpoint": 1, "headers": f"Basic {KEY}", "content": KEY, "updated_at": KEY})
    assert failure.value.error_count() == 4
    assert KEY not in str(failure.value)
