"""What one run asks of the store: requests, bytes and units, by what is written. Counted in this process, at the
clients that every part of the product uses."""

import asyncio
import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from importlib.resources import files
from typing import Any

import httpx

from functions.local import create_local_app
from promptyard.admin import COMMAND_LINE
from promptyard.aws.clients import Clients
from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.warming import warm
from promptyard.bootstrap.whole import whole
from promptyard.domain.account.api_keys import NewApiKey
from promptyard.domain.account.quotas import TenantQuotas
from promptyard.domain.account.tenants import Tenant
from promptyard.settings import Settings
from promptyard_local.aws import LAPTOP_DEFAULTS, SERVICES, LocalAws, open_aws
from promptyard_local.dynamodb.values import Attributes, item_size
from tests.performance.bench.pace import Order, Pace
from tests.performance.bench.processes import PROVIDER_KEY
from tests.performance.bench.units import Index, read_units, write_units

RUN = Pace(246, interval_ms=20, first_ms=100)
"""Five seconds of 50 tokens a second."""
SETTLING_SECONDS = 1.0
_WRITES = ("put_item", "update_item", "delete_item")
_READS = ("get_item", "batch_get_item", "query")
_OBJECTS = ("put_object", "get_object", "delete_object", "delete_objects", "head_object", "list_objects_v2")
_SECRETS = ("get_secret_value", "create_secret", "put_secret_value", "update_secret_version_stage", "delete_secret")


@dataclass(slots=True)
class Use:
    """Of one kind of request. `sizes`: bytes of each item or object."""

    requests: int = 0
    sizes: list[int] = field(default_factory=list)
    write_units: float = 0
    read_units: float = 0


Uses = dict[tuple[str, str], Use]
"""By operation and by what it is about."""


class Counter:
    """Requests one at a time, so that what stands in the store before and after each is known. `kept`: the bytes of the
    items and objects that there were not before."""

    def __init__(self, aws: LocalAws) -> None:
        self._clients = aws.clients
        self._tables = {name: setting.split("_")[1].lower() for setting, name in aws.names.items()}
        self._indexes = _indexes(aws.names)
        self._lock = threading.RLock()
        self.uses: Uses = defaultdict(Use)
        self.kept: dict[str, int] = {}

    def clients(self) -> Clients:
        return Clients({service: partial(self._counted, service) for service in SERVICES})

    def _counted(self, service: str, _config: Any) -> "CountedClient":
        return CountedClient(self._clients.get(service), self)

    @contextmanager
    def request(self, operation: str, given: dict[str, Any]) -> Iterator[Callable[[Any], None]]:
        """Around a request; what is yielded takes the answer."""
        answers: list[Any] = []
        with self._lock:
            before = self._item(given) if operation in _WRITES else None
            try:
                yield answers.append
            finally:
                answer = answers[0] if answers else {}
                if operation in _WRITES:
                    self._write(operation, given, before, self._item(given))
                elif operation in _READS:
                    self._read(operation, given, answer)
                else:
                    use = self.uses[operation, "object" if operation in _OBJECTS else "secret"]
                    use.requests += 1
                    use.sizes.append(len(given.get("Body", b"")))
                    if operation == "put_object":
                        self.kept[f"object {given['Key']}"] = len(given["Body"])

    def _item(self, given: dict[str, Any]) -> Attributes | None:
        key = given.get("Key") or {name: given["Item"][name] for name in ("pk", "sk")}
        answer = self._clients.dynamodb().get_item(TableName=given["TableName"], Key=key, ConsistentRead=True)
        item: Any = answer.get("Item")
        return item

    def _write(
        self, operation: str, given: dict[str, Any], before: Attributes | None, after: Attributes | None
    ) -> None:
        key = given.get("Key") or given["Item"]
        use = self.uses[operation, self._kind(given["TableName"], key)]
        use.requests += 1
        use.sizes.append(item_size(after or before or {}))
        use.write_units += write_units(before, after, self._indexes[given["TableName"]])
        name = f"item {key['pk']['S']} {key['sk']['S']}"
        if before is None or name in self.kept:
            self.kept[name] = item_size(after or {})

    def _read(self, operation: str, given: dict[str, Any], answer: Any) -> None:
        """A projection does not make a read cheaper, but the whole item is not in its answer: it is asked for."""
        if operation == "batch_get_item":
            for table, asked in given["RequestItems"].items():
                found = [item_size(item) for item in answer.get("Responses", {}).get(table, [])]
                sizes = found + [0] * (len(asked["Keys"]) - len(found))
                self._note(operation, self._kind(table, asked["Keys"][0]), sizes, asked, together=False)
        elif operation == "get_item":
            sizes = [item_size(self._item(given) or {})]
            self._note(operation, self._kind(given["TableName"], given["Key"]), sizes, given, together=False)
        else:
            sizes = [item_size(item) for item in answer.get("Items", [])]
            what = f"{self._tables[given['TableName']]}: {given.get('IndexName', 'table')}"
            self._note(operation, what, sizes, given, together=True)

    def _note(self, operation: str, what: str, sizes: list[int], given: dict[str, Any], *, together: bool) -> None:
        use = self.uses[operation, what]
        use.requests += 1
        use.sizes += sizes
        use.read_units += read_units(sizes, consistent=bool(given.get("ConsistentRead")), together=together)

    def _kind(self, table: str, key: Attributes) -> str:
        parts = key["pk"]["S"].split("#")
        return f"{self._tables[table]}: {parts[0] if parts[0] in {'apikey', 'operator'} else parts[1]}"


class CountedClient:
    """A client whose requests are counted, whatever it is made of."""

    def __init__(self, client: Any, counter: Counter) -> None:
        self._client = client
        self._counter = counter

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if name not in {*_WRITES, *_READS, *_OBJECTS, *_SECRETS}:
            return found

        def counted(**given: Any) -> Any:
            with self._counter.request(name, given) as note:
                answer = found(**given)
                note(answer)
            return answer

        return counted


@dataclass(frozen=True, slots=True)
class RunUse:
    """`kept`: bytes of the items and objects that the run leaves. `sweep`: of one look of the sweeper that finds
    nothing to do."""

    uses: Uses
    kept: Mapping[str, int]
    answer_bytes: int
    sweep: Uses


def store_use(provider_url: str) -> Uses:
    """Of one streamed run of five seconds, with keys and quotas, by a caller who was there before. Raises
    AssertionError when the run does not succeed."""
    return run_use(provider_url, Order(RUN)).uses


def run_use(provider_url: str, order: Order) -> RunUse:
    """As `store_use`, of another run."""
    aws = open_aws({"PROMPTYARD_DATA_DIR": ":memory:"})
    try:
        return asyncio.run(_counted_run(aws, provider_url, order))
    finally:
        aws.close()


async def _counted_run(aws: LocalAws, provider_url: str, order: Order) -> RunUse:
    counter = Counter(aws)
    settings = Settings.from_environment({**LAPTOP_DEFAULTS, "PROMPTYARD_AUTH": "required"})
    environment = {**aws.names, "OPENAI_API_KEY": PROVIDER_KEY, "OPENAI_BASE_URL": f"{provider_url}/v1"}
    services = whole(settings, environment, counter.clients())
    app = create_local_app(lambda: services)
    warm(app)
    headers = {"authorization": f"Bearer {(await _tenant_key(services)).secret.get_secret_value()}"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://bench", headers=headers, timeout=60) as client:
        await _run(client, Order(Pace(5)))
        await asyncio.sleep(SETTLING_SECONDS)
        counter.uses.clear()
        counter.kept.clear()
        answer = await _run(client, order)
        await asyncio.sleep(SETTLING_SECONDS)
    uses, kept = dict(counter.uses), dict(counter.kept)
    counter.uses.clear()
    await services.runs.sweeper.sweep(datetime.now(UTC))
    await services.close()
    return RunUse(uses, kept, len(answer), dict(counter.uses))


async def _tenant_key(services: Parts) -> NewApiKey:
    quotas = TenantQuotas(tokens_per_month=10**15, usd_per_month=Decimal(10**9), requests_per_minute=10**6)
    tenant = Tenant(id="bench", name="Bench", quotas=quotas, may_use_deployment_keys=True, created_at=datetime.now(UTC))
    return await services.account.tenants.make(COMMAND_LINE, tenant)


async def _run(client: httpx.AsyncClient, order: Order) -> bytes:
    body = {"provider": "openai", "model": "gpt-4o", "prompt_text": order.prompt, "stream": True}
    answer = await client.post("/api/v1/playground/run", json=body)
    assert answer.status_code == 200, answer.text
    assert "event: done" in answer.text, answer.text[-500:]
    return answer.content


def _indexes(names: Mapping[str, str]) -> dict[str, list[Index]]:
    """By a table's physical name."""
    template = json.loads(files("promptyard.aws").joinpath("resources.json").read_text())
    made: dict[str, list[Index]] = {}
    for resource in template["Resources"].values():
        setting = resource.get("Metadata", {}).get("promptyard:setting")
        if resource["Type"] == "AWS::DynamoDB::Table" and setting in names:
            declared = resource["Properties"].get("GlobalSecondaryIndexes", [])
            assert all(index["Projection"] == {"ProjectionType": "KEYS_ONLY"} for index in declared)
            keys = [[entry["AttributeName"] for entry in index["KeySchema"]] for index in declared]
            made[names[setting]] = [Index(hash_key, range_key) for hash_key, range_key in keys]
    return made
