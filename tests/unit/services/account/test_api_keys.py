"""Keys are looked up at most once a minute, refused when they are not good, and never let through by a failure."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from promptyard.domain.account.access import Caller, Role
from promptyard.domain.account.api_keys import NewApiKey, make_key
from promptyard.domain.account.quotas import Quotas
from promptyard.domain.errors import Conflict, InvalidRequest, NotFound, StoreUnavailable, Unauthenticated
from promptyard.services.account import api_keys, key_directory
from promptyard.services.account.api_keys import ApiKeys
from promptyard.services.account.audit import AuditLog
from promptyard.services.account.key_directory import CACHE_SECONDS, UNKNOWN_SECONDS, KeyDirectory
from tests.support.doubles.account_doubles import Clock, MemoryApiKeys, MemoryAudit

ADMIN = Caller(tenant="acme", role=Role.ADMIN, id="admin-key")

NOW = datetime(2026, 11, 30, tzinfo=UTC)


class Setup:
    def __init__(self) -> None:
        self.store = MemoryApiKeys()
        self.audit = MemoryAudit()
        self.clock = Clock()
        self.counted: set[str] = set()
        self.directory = KeyDirectory(self.store)
        self.directory._known.now = self.clock
        self.directory._unknown.now = self.clock
        self.keys = ApiKeys(self.store, self.directory, AuditLog(self.audit), self.counted_keys)

    async def counted_keys(self, tenant: str) -> set[str]:
        return self.counted

    async def make(self, **given: object) -> NewApiKey:
        return await self.keys.make(ADMIN, **{"name": "ci", "role": Role.MEMBER, **given})  # type: ignore[arg-type]

    async def identify(self, made: NewApiKey) -> Caller:
        return (await self.directory.identify(made.secret.get_secret_value())).caller()


@pytest.fixture
def setup() -> Setup:
    return Setup()


async def test_a_key_makes_its_caller(setup: Setup) -> None:
    made = await setup.make(quotas=Quotas(tokens_per_month=5))
    caller = await setup.identify(made)
    assert (caller.tenant, caller.role, caller.id, caller.name) == ("acme", Role.MEMBER, made.record.id, "ci")
    assert caller.quotas.tokens_per_month == 5
    assert made.record.created_by == "admin-key"


async def test_the_key_itself_is_not_kept(setup: Setup) -> None:
    made = await setup.make()
    assert made.secret.get_secret_value() not in repr(setup.store.records) + repr(setup.audit.entries)


async def test_one_read_a_minute(setup: Setup) -> None:
    made = await setup.make()
    for _ in range(100):
        await setup.identify(made)
    assert setup.store.reads == 1
    setup.clock.seconds += CACHE_SECONDS
    await setup.identify(made)
    assert setup.store.reads == 2


async def test_an_unknown_key_is_not_read_again_and_again(setup: Setup) -> None:
    key = make_key().get_secret_value()
    for _ in range(100):
        with pytest.raises(Unauthenticated):
            await setup.directory.identify(key)
    assert setup.store.reads == 1
    setup.clock.seconds += UNKNOWN_SECONDS
    with pytest.raises(Unauthenticated):
        await setup.directory.identify(key)
    assert setup.store.reads == 2


async def test_unknown_keys_push_no_known_one_out(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup.directory._unknown, "_size", 10)
    made = await setup.make()
    await setup.identify(made)
    for _ in range(50):
        with pytest.raises(Unauthenticated):
            await setup.directory.identify(make_key().get_secret_value())
    reads = setup.store.reads
    await setup.identify(made)
    assert setup.store.reads == reads
    assert len(setup.directory._unknown._entries) == 10


@pytest.mark.parametrize("text", ["", "py_live_", "py_live_" + "A" * 49, "nonsense", "py_live_é"])
async def test_garbage_is_refused_without_a_read(setup: Setup, text: str) -> None:
    with pytest.raises(Unauthenticated):
        await setup.directory.identify(text)
    assert setup.store.reads == 0


async def test_a_revoked_key_stops_where_it_was_revoked_at_once(setup: Setup) -> None:
    made = await setup.make()
    await setup.identify(made)
    await setup.keys.revoke(ADMIN, made.record.id)
    with pytest.raises(Unauthenticated):
        await setup.identify(made)


async def test_a_revoked_key_stops_elsewhere_within_a_minute(setup: Setup) -> None:
    made = await setup.make()
    await setup.identify(made)
    elsewhere = ApiKeys(setup.store, KeyDirectory(setup.store), AuditLog(setup.audit), setup.counted_keys)
    await elsewhere.revoke(ADMIN, made.record.id)
    setup.clock.seconds += CACHE_SECONDS
    with pytest.raises(Unauthenticated):
        await setup.identify(made)


async def test_a_key_expires_though_it_is_cached(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await setup.make(expires_at=datetime.now(UTC) + timedelta(hours=1))
    await setup.identify(made)

    class Later(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime.now(UTC) + timedelta(hours=1)

    monkeypatch.setattr(key_directory, "datetime", Later)
    with pytest.raises(Unauthenticated, match="expired"):
        await setup.identify(made)


async def test_when_the_store_does_not_answer_nobody_comes_in(setup: Setup) -> None:
    made = await setup.make()
    setup.store.failure = StoreUnavailable("down")
    with pytest.raises(StoreUnavailable):
        await setup.identify(made)
    setup.store.failure = None
    await setup.identify(made)  # and the failure was not remembered as an answer


async def test_the_last_use_is_noted_once_a_minute_beside_the_request(setup: Setup) -> None:
    made = await setup.make()
    await setup.identify(made)
    await setup.directory.close()
    noted = setup.store.records[made.record.hash].last_used_at
    assert noted is not None
    setup.clock.seconds += CACHE_SECONDS  # the cache has forgotten it, but the record says that it was just used
    await setup.identify(made)
    await setup.directory.close()
    assert setup.store.records[made.record.hash].last_used_at == noted


async def test_a_use_a_minute_after_the_last_one_is_noted(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await setup.make()
    moments = iter(NOW + timedelta(seconds=seconds) for seconds in (0, 0, 59.999, 59.999, 60, 60))

    class Then(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return next(moments)

    monkeypatch.setattr(key_directory, "datetime", Then)
    for noted in (NOW, NOW, NOW + timedelta(minutes=1)):
        setup.clock.seconds += CACHE_SECONDS
        await setup.identify(made)
        await setup.directory.close()
        assert setup.store.records[made.record.hash].last_used_at == noted


async def test_a_last_use_that_cannot_be_written_costs_nobody_anything(setup: Setup) -> None:
    made = await setup.make()
    reading = setup.store.by_hash

    async def then_fail(key_hash: str) -> object:
        found = await reading(key_hash)
        setup.store.failure = StoreUnavailable("down")
        return found

    setup.store.by_hash = then_fail  # type: ignore[method-assign,assignment]
    await setup.identify(made)
    await setup.directory.close()
    assert setup.store.used.is_set()


async def test_what_cannot_be_made(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidRequest):
        await setup.make(expires_at=datetime.now(UTC))
    monkeypatch.setattr(api_keys, "MAX_KEYS", 2)
    await setup.make()
    await setup.make()
    with pytest.raises(Conflict):
        await setup.make()


async def test_so_many_keys_have_limits_of_their_own_and_no_more(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_keys, "MAX_METERED_KEYS", 1)
    await setup.make(quotas=Quotas(tokens_per_month=1))
    with pytest.raises(Conflict):
        await setup.make(quotas=Quotas(requests_per_minute=1))
    await setup.make()


async def test_keys_that_were_counted_this_month_take_room_though_they_are_revoked(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The month's item keeps what they used."""
    monkeypatch.setattr(api_keys, "MAX_COUNTED_KEYS", 3)
    limits = Quotas(tokens_per_month=1)
    there = await setup.make(quotas=limits)
    setup.counted = {there.record.id, "revoked"}
    await setup.make(quotas=limits)
    with pytest.raises(Conflict, match="in a month"):
        await setup.make(quotas=limits)
    await setup.make()
    setup.counted = {there.record.id}
    await setup.make(quotas=limits)


async def test_a_key_is_revoked_by_its_own_tenant_alone(setup: Setup) -> None:
    made = await setup.make()
    other = Caller(tenant="other", role=Role.ADMIN)
    with pytest.raises(NotFound):
        await setup.keys.revoke(other, made.record.id)
    await setup.identify(made)
    assert all(entry.tenant == "acme" for entry in setup.audit.entries)


async def test_every_act_is_audited_and_none_is_done_that_is_not(setup: Setup) -> None:
    made = await setup.make()
    await setup.keys.revoke(ADMIN, made.record.id)
    assert setup.audit.acts() == [("acme", "key.created", made.record.id), ("acme", "key.revoked", made.record.id)]
    assert {entry.actor for entry in setup.audit.entries} == {"admin-key"}
    setup.audit.failure = StoreUnavailable("down")
    with pytest.raises(StoreUnavailable):
        await setup.make()
    assert setup.store.records == {}


async def test_a_last_use_that_breaks_holds_no_shutdown_up_and_is_forgotten(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(setup.store, "mark_used", breaks)
    await setup.identify(await setup.make())
    await setup.directory.close()
    await asyncio.sleep(0)
    assert not setup.directory._writes
