"""How fast the local store is: `python -m tests.performance.store [runs]`.

Writes runs to a data directory, and measures opening it, pages of history, and the writes of a run. Times are in
milliseconds, the median of several. Then, one by one, the requests that a run makes: of the embedded DynamoDB, in
memory and on disk, and of boto3 with moto behind it; in microseconds of CPU, the median of several rounds in turn.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import Any

from promptyard.aws.resources import create_tables
from promptyard.domain.paging import PageRequest
from promptyard.domain.runs.run import RunLinks, RunStatus
from promptyard.services.ports.runs import RunFilter
from promptyard.storage.runs.run_items import to_stored
from promptyard.storage.table import keys
from promptyard.storage.table.attributes import to_attributes
from promptyard_local.aws import LocalAws, open_aws
from promptyard_local.journal import Journal
from tests.support.aws.local_aws import RUNS_TABLE, store_of_runs
from tests.support.aws.moto_dynamodb import emptied_moto
from tests.support.samples.sample_runs import new_run, settled

WORDS = "The quick brown fox jumps over the lazy dog. " * 20


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as directory:
        aws, seconds = filled_and_opened(Path(directory), runs)
        show(f"open a directory of {runs} runs", seconds * 1000)
        try:
            asyncio.run(measure(aws))
        finally:
            aws.close()
    show_requests()


def filled_and_opened(data: Path, runs: int) -> tuple[LocalAws, float]:
    """Fill a new data directory with so many runs, and open it; and how many seconds the latter took."""
    open_aws({"PROMPTYARD_DATA_DIR": str(data)}).close()
    write(data, runs)
    started = time.perf_counter()
    aws = open_aws({"PROMPTYARD_DATA_DIR": str(data)})
    return aws, time.perf_counter() - started


def write(data: Path, runs: int) -> None:
    """Settled runs of 1 KB, straight into the journal."""
    table = "promptyard-runs-table"
    journal = Journal(data)
    rows = []
    for number in range(runs):
        run = settled(new_run(links=RunLinks(prompt_id=f"p{number % 10}")), output=WORDS)
        item = to_stored(run, write_id="w", expires_at=None).item
        rows.append((table, item["pk"], item["sk"], json.dumps(to_attributes(item))))
    counter = {**keys.count_key("local", keys.COUNT_ALL), "v": 1, "forever": runs}
    rows.append((table, counter["pk"], counter["sk"], json.dumps(to_attributes(counter))))
    journal.put_items(rows)
    journal.close()


async def measure(aws: LocalAws) -> None:
    assert aws.names[RUNS_TABLE] == "promptyard-runs-table"
    store = store_of_runs(aws)
    for name, where in {
        "page of 20": RunFilter(),
        "page of 20 by prompt": RunFilter(prompt_id="p3"),
        "page of 20 by status, 1,000 runs read": RunFilter(status=RunStatus.BLOCKED),
    }.items():
        show(
            name,
            median([await taken(lambda where=where: store.page("local", where, PageRequest(20))) for _ in range(9)]),
        )
    starts, settlements = [], []
    for _ in range(300):
        run = new_run()
        starts.append(await taken(lambda run=run: store.start(run)))
        settlements.append(await taken(lambda run=run: store.settle(settled(run, output=WORDS))))
    show("start a run", median(starts))
    show("settle a run, and have it counted", median(settlements))


ITEM: Any = {
    "pk": {"S": "local#run"}, "sk": {"S": "1"}, "output": {"S": WORDS}, "n": {"N": "1"}, "status": {"S": "running"},
    **{f"field{number}": {"S": "some value"} for number in range(30)},
}  # fmt: skip
ROUNDS, REPEATS = 15, 40


def requests_of(client: Any, table: str) -> dict[str, Callable[[], Any]]:
    key = {name: ITEM[name] for name in ("pk", "sk")}
    names, values = {"#n": "n", "#s": "status"}, {":one": {"N": "1"}, ":s": {"S": "running"}}
    partition = {"ExpressionAttributeNames": {"#pk": "pk"}, "ExpressionAttributeValues": {":pk": ITEM["pk"]}}
    return {
        "GetItem": lambda: client.get_item(TableName=table, Key=key, ConsistentRead=True),
        "PutItem": lambda: client.put_item(TableName=table, Item=ITEM),
        "UpdateItem, with a condition": lambda: client.update_item(
            TableName=table,
            Key=key,
            UpdateExpression="ADD #n :one",
            ConditionExpression="attribute_not_exists(#s) OR #s = :s",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
            ReturnValues="ALL_NEW",
        ),
        "Query of 20": lambda: client.query(TableName=table, Limit=20, KeyConditionExpression="#pk = :pk", **partition),
    }


def show_requests() -> None:
    with tempfile.TemporaryDirectory() as directory:
        stores = {
            "memory": open_aws({"PROMPTYARD_DATA_DIR": ":memory:"}),
            "disk": open_aws({"PROMPTYARD_DATA_DIR": directory}),
        }
        clients: dict[str, Any] = {name: aws.clients.dynamodb() for name, aws in stores.items()}
        clients["boto3 and moto"] = emptied_moto()
        names = stores["memory"].names
        create_tables(clients["boto3 and moto"], names)
        made = {name: requests_of(client, names[RUNS_TABLE]) for name, client in clients.items()}
        for client in clients.values():
            for number in range(20):
                client.put_item(TableName=names[RUNS_TABLE], Item=ITEM | {"sk": {"S": f"{number}"}})
        print(f"\n{'microseconds of CPU a request':32}" + "".join(f"{name:>16}" for name in made))
        for request in made["memory"]:
            rounds: dict[str, list[float]] = {name: [] for name in made}
            for _ in range(ROUNDS):
                for name, times in rounds.items():
                    times.append(cpu_of(made[name][request]))
            print(f"{request:32}" + "".join(f"{median(times):16.0f}" for times in rounds.values()))
        for aws in stores.values():
            aws.close()


def cpu_of(request: Callable[[], Any]) -> float:
    """Microseconds."""
    started = time.process_time()
    for _ in range(REPEATS):
        request()
    return (time.process_time() - started) * 1_000_000 / REPEATS


async def taken(operation: Callable[[], Awaitable[object]]) -> float:
    """How long it takes, in milliseconds."""
    started = time.perf_counter()
    await operation()
    return (time.perf_counter() - started) * 1000


def show(name: str, milliseconds: float) -> None:
    print(f"{name:45} {milliseconds:8.1f} ms")


if __name__ == "__main__":
    main()
