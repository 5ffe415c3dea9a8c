"""What the retention's function does, within what it may do."""

from datetime import UTC, datetime, timedelta

import pytest

from functions.retention import handler as retention
from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.whole import whole
from promptyard.domain.account.tenants import Tenant
from promptyard.domain.errors import StoreUnavailable
from promptyard.settings import Settings
from promptyard_local.aws import LocalAws
from tests.support.aws.grants import as_group, granted, recorded_operations
from tests.support.samples.sample_runs import run_at

LONG_AGO = datetime.now(UTC) - timedelta(days=40)
LARGE = "x" * 60_000
"""Too large for a run's item."""


@pytest.fixture
def services(local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Parts:
    """The function's."""
    found = whole(Settings(), local_aws.names, local_aws.clients)
    monkeypatch.setattr(retention, "_runs", lambda: found.runs)
    return found


async def test_it_does_what_it_may_do_and_no_more(services: Parts, local_aws: LocalAws) -> None:
    await services.callers.tenant_store.add(Tenant(id="acme", name="Acme", created_at=LONG_AGO, retention_days=30))
    await services.runs.store.start(run_at(LONG_AGO, tenant="acme", retention_days=30, reference=LARGE))
    with recorded_operations(local_aws) as made, as_group("retention"):
        assert await services.runs.retention.sweep() == 1
    assert made["retention"] == granted("retention")


def test_a_schedule_calls_it(services: Parts) -> None:
    assert retention.handler({"source": "aws.events"}, None) == {"deleted": 0}


def test_a_store_that_is_away_fails_the_invocation(services: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that Lambda tries again, and then keeps the event in the queue of failures."""

    async def away(*_: object) -> object:
        raise StoreUnavailable("away")

    monkeypatch.setattr(services.callers.tenant_store, "page", away)
    with pytest.raises(StoreUnavailable):
        retention.handler({}, None)
