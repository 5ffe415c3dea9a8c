"""What the sweeper's function does, within what it may do."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from functions.sweeper import handler as sweeper
from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.whole import whole
from promptyard.domain.account.collectors import Collector
from promptyard.domain.errors import NotFound, StoreUnavailable
from promptyard.domain.metering.ledger import ChargeSource, month_of
from promptyard.domain.metering.limits import NO_LIMITS
from promptyard.domain.runs.run import Run, RunStatus
from promptyard.settings import Settings
from promptyard.storage.runs.runs import LEASE, DynamoRunStore
from promptyard_local.aws import LocalAws
from tests.support.aws.grants import as_group, granted, recorded_operations
from tests.support.samples.sample_runs import new_run
from tests.support.servers.fake_upstream import Answer, FakeUpstream

COLLECTOR = Collector(
    endpoint="http://127.0.0.1:65001",
    headers={"key": SecretStr("of-the-collector")},
    content=False,
    updated_at=datetime(2026, 11, 21, tzinfo=UTC),
)
TELLING = {("account", "dynamodb:GetItem"), ("collector", "secretsmanager:GetSecretValue")}
"""What telling a collector of a run's end takes: it is of no request, so that nothing knows for whom it is done."""
UNUSUAL = {
    ("objects", "s3:ListObjectsV2"),  # comes with reading objects
    ("objects/runs", "s3:DeleteObject"),  # of what a lost race has left
    ("usage", "dynamodb:DeleteItem"),
    ("usage", "dynamodb:PutItem"),
}


async def test_it_does_what_it_may_do_and_no_more(local_aws: LocalAws) -> None:
    died, services = (whole(Settings(), local_aws.names, local_aws.clients) for _ in range(2))
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    run = new_run(tenant="acme", created_at=long_ago, deadline_at=long_ago, reference="x" * 60_000)
    planned = died.metering.meter.plan(run, NO_LIMITS)
    await died.metering.meter.reserve(planned, NO_LIMITS)
    await died.runs.store.start(run.model_copy(update={"reservation_id": planned.id}))
    deleted = new_run(tenant="acme", reference="x" * 60_000)
    await died.runs.store.start(deleted)
    await _delete_by_half(died, deleted)
    with recorded_operations(local_aws) as made, as_group("sweeper"):
        sweeper.tell_what_tables_lack(services)
        swept = await services.runs.sweeper.sweep(datetime.now(UTC) + LEASE)
    assert (swept.settled, swept.failed) == (2, 0)
    assert made["sweeper"] | UNUSUAL | TELLING == granted("sweeper")


async def test_it_may_find_collectors(local_aws: LocalAws) -> None:
    set_up, services = (whole(Settings(), local_aws.names, local_aws.clients) for _ in range(2))
    await set_up.telemetry.collectors.put("acme", COLLECTOR)
    with recorded_operations(local_aws) as made, as_group("sweeper"):
        assert await services.telemetry.collectors.find("acme") is not None
    assert made["sweeper"] == TELLING


async def _delete_by_half(services: Parts, run: Run) -> None:
    """Its process dies when nobody is shown it any more, and it is there still."""
    with pytest.MonkeyPatch.context() as patched:

        async def dies(*_: object) -> None:
            raise StoreUnavailable("away")

        patched.setattr(DynamoRunStore, "_finish", dies)
        with pytest.raises(StoreUnavailable):
            await services.runs.store.delete(run.tenant, run.id)


@pytest.fixture
def services(local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Parts:
    """The function's."""
    found = whole(Settings(allow_private_endpoints="loopback"), local_aws.names, local_aws.clients)
    monkeypatch.setattr(sweeper, "_parts", lambda: found)
    return found


async def begin(services: Parts, ended: timedelta, *, claimed: bool = True) -> Run:
    """A run whose time was over so long ago, as far as its process got."""
    deadline = datetime.now(UTC) - ended
    run = new_run(tenant="acme", provider="openai", model="gpt-4o", deadline_at=deadline)
    planned = services.metering.meter.plan(run, NO_LIMITS)
    run = run.model_copy(update={"reservation_id": planned.id})
    await services.metering.meter.reserve(planned, NO_LIMITS)
    if claimed:
        await services.runs.store.start(run)
    return run


HOUR = timedelta(hours=1)


def test_the_end_of_a_run_is_told_to_its_tenants_collector(services: Parts) -> None:
    with FakeUpstream() as upstream:
        upstream.answer(Answer([b"{}"]))
        collector = COLLECTOR.model_copy(update={"endpoint": upstream.url})

        async def prepare() -> Run:
            await services.telemetry.collectors.put("acme", collector)
            return await begin(services, HOUR)

        run = asyncio.run(prepare())
        assert sweeper.handler({}, None) == {"settled": 1, "failed": 0}
        [told] = upstream.requests
    assert (told.path, told.headers["key"]) == ("/v1/traces", "of-the-collector")
    assert run.id in told.body.decode()


def test_what_died_at_each_step_is_settled_and_what_goes_on_is_left(services: Parts) -> None:
    async def prepare() -> list[Run]:
        return [
            await begin(services, HOUR),
            await begin(services, HOUR, claimed=False),
            await begin(services, timedelta(seconds=10)),  # its process may still settle it
        ]

    sent, never_claimed, going_on = asyncio.run(prepare())
    assert sweeper.handler({}, None) == {"settled": 2, "failed": 0}

    async def look() -> None:
        get, entry = services.runs.store.get, services.metering.ledger.entry
        assert (await get("acme", sent.id)).status is RunStatus.FAILED
        charged = await entry("acme", sent.id)
        assert charged is not None
        assert charged.source is ChargeSource.EXPIRED
        with pytest.raises(NotFound):
            await get("acme", never_claimed.id)
        assert (await get("acme", going_on.id)).status is RunStatus.RUNNING
        assert [await entry("acme", run.id) for run in (never_claimed, going_on)] == [None] * 2
        month = await services.metering.months.month("acme", month_of(datetime.now(UTC)))
        assert [held.run_id for held in month.open.values()] == [going_on.id]
        assert (month.settled.runs, month.open_runs) == (1, 1)
        found = await services.metering.reconciler.reconcile("acme", month.month)
        assert found.differences == []

    asyncio.run(look())
    assert sweeper.handler({}, None) == {"settled": 0, "failed": 0}


def test_what_fails_is_left_to_the_next_time(services: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    first = asyncio.run(begin(services, HOUR))
    asyncio.run(begin(services, HOUR))
    append = services.metering.ledger.append

    async def fail_once(entry: object) -> object:
        if getattr(entry, "run_id", None) == first.id:
            raise StoreUnavailable("away")
        return await append(entry)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(services.metering.ledger, "append", fail_once)
        assert sweeper.handler({}, None) == {"settled": 1, "failed": 1}
    assert sweeper.handler({}, None)["failed"] == 0
    assert asyncio.run(services.metering.ledger.entry("acme", first.id)) is not None


def test_a_store_that_is_away_fails_the_invocation(services: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that Lambda tries again, and then keeps the event in the queue of failures."""

    async def away(*_: object) -> object:
        raise StoreUnavailable("away")

    monkeypatch.setattr(services.metering.months, "overdue", away)
    with pytest.raises(StoreUnavailable):
        sweeper.handler({}, None)


def test_tables_that_lack_indexes_are_told(local_aws: LocalAws, caplog: pytest.LogCaptureFixture) -> None:
    """A restored table of an earlier version, which nobody has brought up to this one."""
    name = "promptyard-usage-restored"
    local_aws.clients.dynamodb().create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    sweeper.tell_what_tables_lack(whole(Settings(), local_aws.names, local_aws.clients))
    assert caplog.records == []
    names = {**local_aws.names, "PROMPTYARD_USAGE_TABLE": name}
    sweeper.tell_what_tables_lack(whole(Settings(), names, local_aws.clients))
    [record] = caplog.records
    assert (record.levelname, record.message, vars(record)["table"]) == ("ERROR", "a table lacks indexes", name)
    assert vars(record)["indexes"] == ["open"]
    gone = {**local_aws.names, "PROMPTYARD_USAGE_TABLE": "gone"}
    sweeper.tell_what_tables_lack(whole(Settings(), gone, local_aws.clients))
    assert (caplog.records[-1].levelname, caplog.records[-1].message) == ("WARNING", "tables cannot be looked at")
