"""What metering costs: `python -m tests.performance.metering [runs]`.

Measures what claim and reservation together take, beside the claim alone, and the end of a run with and without its
charge, on the embedded store and on dynalite. Also the sizes, as DynamoDB counts them, of what is written: one write
unit pays for 1 KB. Times are in milliseconds, the median.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from promptyard.domain.account.quotas import Quotas
from promptyard.domain.identifiers import random_id, time_ordered_id
from promptyard.domain.metering.ledger import MonthUsage
from promptyard.domain.metering.limits import Limits
from promptyard.domain.runs.run import Run
from promptyard.services.metering.meter import Meter
from promptyard.storage.metering.ledger import DynamoLedger
from promptyard.storage.metering.months import DynamoMonths
from promptyard.storage.table import keys
from promptyard.storage.table.attributes import to_attributes
from promptyard.storage.table.table import Table
from promptyard_local.aws import LocalAws, open_aws
from promptyard_local.dynamodb.values import item_size
from tests.support.aws.local_aws import USAGE_TABLE, store_of_runs
from tests.support.doubles.metering import catalogue
from tests.support.doubles.metering import settle as settle_metered
from tests.support.samples.sample_runs import new_run, settled
from tests.support.servers.dynalite_server import NODE, SOURCES, _installed

TENANT_LIMITS = Limits(Quotas(tokens_per_month=10**12, requests_per_minute=10**6))
KEY_LIMITS = Limits(TENANT_LIMITS.tenant, Quotas(tokens_per_month=10**12, requests_per_minute=10**6), random_id())


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    for name, environment in (("embedded", {}), ("dynalite", None)):
        with store(environment) as aws:
            asyncio.run(measure(name, aws, runs))
            if environment == {}:
                asyncio.run(sizes(aws))


@contextmanager
def store(environment: dict[str, str] | None) -> Iterator[LocalAws]:
    if environment is not None:
        aws = open_aws({"PROMPTYARD_DATA_DIR": ":memory:"})
        yield aws
        aws.close()
        return
    command = [NODE, SOURCES / "server.js"]
    with subprocess.Popen(
        command, cwd=_installed(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = f"http://127.0.0.1:{process.stdout.readline().strip()}"
        aws = open_aws({"AWS_ENDPOINT_URL_DYNAMODB": url, "PROMPTYARD_DATA_DIR": ":memory:"})
        yield aws
        aws.close()
        process.kill()


async def measure(name: str, aws: LocalAws, number: int) -> None:
    runs, meter = store_of_runs(aws), meter_of(aws)
    claims, both, ends, charged = [], [], [], []
    for _ in range(number):
        alone, metered = new_run(), new_run()
        claims.append(await taken(lambda run=alone: runs.start(run)))
        ends.append(await taken(lambda run=alone: runs.settle(settled(run, output="Hello"))))
        held = []

        async def claim(run: Run = metered, held: list[Any] = held) -> None:
            plan = meter.plan(run, TENANT_LIMITS)
            held += await asyncio.gather(meter.reserve(plan, TENANT_LIMITS), runs.start(run))

        async def settle(run: Run = metered, held: list[Any] = held) -> None:
            ended = settled(run, output="Hello")
            _, entry = await asyncio.gather(runs.settle(ended), meter.charge(ended, held[0]))
            await meter.release(held[0], entry)

        both.append(await taken(claim))
        charged.append(await taken(settle))
    show(f"{name}: claim", median(claims))
    show(f"{name}: claim and reservation at once", median(both))
    show(f"{name}: settle", median(ends))
    show(f"{name}: settle, ledger and release", median(charged))


async def sizes(aws: LocalAws) -> None:
    table = Table(aws.clients.dynamodb, aws.names[USAGE_TABLE])
    months = months_of(aws)

    async def month_size(limits: Limits, open_runs: int) -> int:
        """Of a new tenant's month with so many runs going on, and one that ended."""
        tenant, meter = random_id(), meter_of(aws)
        for ended in [True] + [False] * open_runs:
            run = new_run(tenant=tenant, id=time_ordered_id())
            held = await meter.reserve(meter.plan(run, limits), limits)
            if ended:
                await settle_metered(meter, settled(run), held)
        month: MonthUsage = await months.month(tenant, held.reservation.month)
        return item_size(to_attributes(await table.get(keys.month_key(tenant, month.month)) or {}))

    base = await month_size(TENANT_LIMITS, 0)
    one_key = await month_size(KEY_LIMITS, 0)
    with_open = await month_size(TENANT_LIMITS, 20)
    print(f"{'a month':45} {base:8} B")
    print(f"{'… for each metered key':45} {one_key - base:8} B")
    print(f"{'… for each run that goes on':45} {(with_open - base) / 20:8.0f} B")
    run = new_run(tenant=random_id())
    held = await meter_of(aws).reserve(meter_of(aws).plan(run, TENANT_LIMITS), TENANT_LIMITS)
    await settle_metered(meter_of(aws), settled(run), held)
    entry = await table.get(keys.ledger_key(run.tenant, run.id)) or {}
    print(f"{'a ledger entry':45} {item_size(to_attributes(entry)):8} B")


def months_of(aws: LocalAws) -> DynamoMonths:
    name = aws.names[USAGE_TABLE]
    return DynamoMonths(Table(aws.clients.dynamodb, name), Table(aws.clients.dynamodb_once, name))


def meter_of(aws: LocalAws) -> Meter:
    ledger = DynamoLedger(Table(aws.clients.dynamodb, aws.names[USAGE_TABLE]))
    return Meter(months_of(aws), ledger, catalogue())


async def taken(operation: Callable[[], Awaitable[object]]) -> float:
    """How long it takes, in milliseconds."""
    started = time.perf_counter()
    await operation()
    return (time.perf_counter() - started) * 1000


def show(name: str, milliseconds: float) -> None:
    print(f"{name:45} {milliseconds:8.1f} ms")


if __name__ == "__main__":
    main()
