"""Whatever dies and whatever is asked for twice: no quota is overrun, no charge is lost or made twice, and what is
counted is what the ledger says. On a store that is not moto, which cannot judge races."""

import random

import pytest

from promptyard.storage.ledger import DynamoLedger
from promptyard.storage.months import DynamoMonths
from promptyard.storage.table import Table
from promptyard_local.aws import LocalAws
from tests.support.local_aws import USAGE_TABLE, store_of_runs
from tests.support.metering_chaos import Stores, chaos_of, violations


@pytest.fixture
def stores(dynalite_aws: LocalAws) -> Stores:
    clients, name = dynalite_aws.clients, dynalite_aws.names[USAGE_TABLE]
    table = Table(clients.dynamodb, name)
    return Stores(
        store_of_runs(dynalite_aws), DynamoMonths(table, Table(clients.dynamodb_once, name)), DynamoLedger(table)
    )


@pytest.mark.parametrize("attempts", [1_000, pytest.param(20_000, marks=pytest.mark.hard)])
async def test_every_promise_is_kept(stores: Stores, attempts: int) -> None:
    chaos = await chaos_of(attempts, stores, seed := random.randrange(10**6))
    assert await violations(chaos) == [], f"seed {seed}"
    assert chaos.refused > attempts / 10
    assert chaos.conflicts > attempts / 100
    assert len(chaos.crashed) > attempts / 50
    assert len(chaos.bill) > attempts / 10
