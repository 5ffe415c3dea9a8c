"""What the sweeper's function does, within what it may do."""

from datetime import UTC, datetime, timedelta

from promptyard.bootstrap import Services
from promptyard.domain.limits import NO_LIMITS
from promptyard.settings import Settings
from promptyard_local.aws import LocalAws
from tests.support.grants import as_group, granted, recorded_operations
from tests.support.sample_runs import new_run

UNUSUAL = {
    ("objects", "s3:ListObjectsV2"),  # comes with reading objects
    ("objects/runs", "s3:DeleteObject"),  # of what a lost race has left
    ("runs", "dynamodb:UpdateItem"),  # of counts that were not written
    ("usage", "dynamodb:DeleteItem"),
    ("usage", "dynamodb:PutItem"),
}


async def test_it_does_what_it_may_do_and_no_more(local_aws: LocalAws) -> None:
    services = Services(Settings(), local_aws.names, local_aws.clients)
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    run = new_run(tenant="acme", created_at=long_ago, deadline_at=long_ago, reference="x" * 60_000)
    await services.meter.reserve(services.meter.plan(run, NO_LIMITS), NO_LIMITS)
    await services.stores.runs.start(run)
    with recorded_operations(local_aws) as made, as_group("sweeper"):
        swept = await services.sweeper.sweep(datetime.now(UTC))
    assert (swept.settled, swept.failed) == (2, 0)
    assert made["sweeper"] | UNUSUAL == granted("sweeper")
