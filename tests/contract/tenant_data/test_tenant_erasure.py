"""The end of a tenant, over real HTTP."""

import asyncio
import json
from contextvars import Context
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.whole import whole
from promptyard.domain.account.access import Role
from promptyard.domain.account.api_keys import hash_key
from promptyard.domain.identifiers import random_id
from promptyard.domain.metering.ledger import Reservation, month_of
from promptyard.domain.models.messages import user_prompt
from promptyard.domain.paging import PageRequest
from promptyard.services.metering.reconciliation import Difference
from promptyard.storage.table import keys
from promptyard.storage.table.table import Table
from promptyard_local.aws import LocalAws
from tests.support.aws.events import read_events
from tests.support.aws.local_aws import object_keys
from tests.support.doubles.tenancy import OPERATOR, As, Tenancy, fields_at_fault
from tests.support.samples.sample_runs import new_run, settled
from tests.support.samples.tenant_filling import DEMO, GENAI, LARGE, RUN, fill, fill_up, reporting
from tests.support.servers.server import RunningServer

ERASE = "/api/v1/tenant/erase"


def stored(aws: LocalAws) -> list[str]:
    """Every item, object and secret that there is, as text, whatever reads it."""
    tables = [name for setting, name in aws.names.items() if setting.endswith("_TABLE")]
    found: list[str] = []
    for name in tables:
        items = aws.clients.dynamodb().scan(TableName=name)["Items"]
        found += [f"{name} {json.dumps(item, default=str)}" for item in items]
    secrets = aws.clients.secretsmanager().list_secrets()["SecretList"]
    return found + object_keys(aws) + [secret["Name"] for secret in secrets]


@pytest.fixture
def at_once(tenancy: Tenancy) -> Tenancy:
    """A server that knows of no other one, which may still let somebody in."""
    tenancy.server.services.tenant_data.erasure._let_in_before = timedelta(0)
    return tenancy


ERASED = {
    "runs",
    "saved_runs",
    "run_counters",
    "prompts",
    "prompt_versions",
    "playgrounds",
    "metric_configurations",
    "moderation_reports",
    "llm_blueprints",
    "datasets",
    "dataset_versions",
    "dataset_uploads",
    "benchmarks",
    "benchmark_watches",
    "benchmark_runs",
    "benchmark_cells",
    "benchmark_cell_blocks",
    "benchmark_slots",
    "runs_of_benchmarks",
    "benchmark_requests",
    "benchmark_verdicts",
    "webhook_deliveries",
    "ledger",
    "idempotency_keys",
    "audit",
    "collectors",
    "provider_keys",
    "objects",
}


def test_an_erased_tenant_leaves_its_id_and_its_sums(at_once: Tenancy, admin: As, operator: As) -> None:
    fill(admin, "mine")
    fill_up(at_once, admin, "mine")
    begin_import(at_once.server.aws, "acme")
    fill(As(at_once, "other", Role.ADMIN), "notmine")
    before = admin.get("/api/v1/usage")["total"]
    others = [text for text in stored(at_once.server.aws) if "acme" not in text and hash_key(admin.key) not in text]
    kept_of_others = [text for text in others if "notmine" in text]
    assert kept_of_others

    report = admin("POST", ERASE, {"confirm": "acme"}).json()
    assert (report["done"], report["waits_for"], report["look_again_seconds"]) == (True, None, None)
    assert report["deleted"].keys() >= ERASED
    assert report["deleted"]["runs"] == 8
    assert report["deleted"]["prompt_versions"] == 2
    assert report["deleted"]["moderation_reports"] == 2  # those of the other playground went with it
    assert report["deleted"]["provider_keys"] == 2, "one is a webhook's secret"
    assert report["deleted"]["objects"] >= 3
    assert report["in_backups"]
    assert admin("GET", "/api/v1/keys").status_code == 401

    left = stored(at_once.server.aws)
    assert not [text for text in left if "mine" in text.replace("notmine", "")]
    assert hash_key(admin.key) not in " ".join(left)
    of_acme = sorted(text for text in left if "acme" in text and "operator#audit" not in text)
    assert sorted(_key_of(text) for text in of_acme) == [
        "acme#month " + month_of(datetime.now(UTC)),
        "acme#tenant erasure",
        "acme#tenant tenant",
        "operator#tenants acme",
    ]
    sums = at_once.run(lambda services: services.metering.months.month("acme", month_of(datetime.now(UTC)))).settled
    assert (sums.runs, sums.input_tokens, sums.output_tokens) == tuple(
        before[name] for name in ("runs", "input_tokens", "output_tokens")
    )
    assert set(kept_of_others) <= set(left)
    assert reconciled(at_once.server, "acme") == []

    seen = operator.get("/api/v1/tenants/acme")
    assert (seen["status"], seen["name"]) == ("erased", "")
    assert operator("POST", "/api/v1/tenants", {"id": "acme", "name": "again"}).status_code == 409
    log = at_once.run(lambda services: services.callers.audit.page("operator", PageRequest(2))).items
    assert [(entry.action, entry.subject, entry.actor, entry.actor_name) for entry in log] == [
        ("tenant.erased", "acme", "acme", "acme"),
        ("tenant.erasing", "acme", "acme", "acme"),
    ]


def begin_import(aws: LocalAws, tenant: str) -> None:
    """An archive that was uploaded and not imported."""
    key = keys.import_object(tenant, random_id())
    aws.clients.s3().put_object(Bucket=aws.names["PROMPTYARD_RUNS_BUCKET"], Key=key, Body=b"archive")


def reconciled(server: RunningServer, tenant: str) -> list[Difference] | None:
    """How the counts of the month differ from the ledger, of which an erasure leaves nothing."""
    services = whole(server.services.settings, server.aws.names, server.aws.clients)
    return asyncio.run(services.metering.reconciler.reconcile(tenant, month_of(datetime.now(UTC)))).differences


def _key_of(text: str) -> str:
    item = json.loads(text.partition(" ")[2])
    return f"{item['pk']['S']} {item['sk']['S']}"


def test_it_has_to_be_meant(admin: As) -> None:
    for body in ({"confirm": "other"}, {"confirm": ""}, {}):
        assert fields_at_fault(admin("POST", ERASE, body)) == ["confirm"]
    assert admin.get("/api/v1/keys")["total"] == 1


def test_from_the_first_request_on_nothing_else_is_let_in(tenancy: Tenancy, admin: As) -> None:
    member = As(tenancy, "acme", Role.MEMBER)
    report = admin("POST", ERASE, {"confirm": "acme"}).json()
    assert (report["done"], report["waits_for"]) == (False, "requests that were let in before")
    assert 0 < report["look_again_seconds"] <= 120
    run = {**DEMO, "prompt_text": "late"}
    assert member("POST", RUN, run).status_code == 401
    refused = admin("POST", RUN, run)
    assert (refused.status_code, refused.json()["detail"]) == (403, "The tenant is being erased")
    assert admin("GET", "/api/v1/keys").status_code == 403
    assert admin("POST", "/api/v1/keys", {"name": "late"}).status_code == 403
    assert As(tenancy, "other", Role.MEMBER)("POST", RUN, run).status_code == 200


def test_runs_that_are_going_on_are_waited_for_and_dead_ones_settled(at_once: Tenancy, admin: As) -> None:
    started = datetime.now(UTC)

    def reservation(name: str, until: datetime) -> Reservation:
        return Reservation(
            id=name,
            tenant="acme",
            run_id=f"{name}-run",
            month=month_of(started),
            until=until,
            input_tokens=1,
            output_tokens=1,
            pico_usd=1,
        )

    alive = reservation("alive", started + timedelta(minutes=5))
    dead = reservation("dead", started - timedelta(minutes=5))

    async def reserve(services: Parts) -> None:
        from promptyard.domain.metering.limits import Limits

        caller = (await services.callers.keys.identify(admin.key)).caller()
        limits = Limits.of(await services.callers.tenants.of(caller), caller)
        for held in (alive, dead):
            await services.metering.months.reserve(held, limits, started)

    at_once.run(reserve)
    report = admin("POST", ERASE, {"confirm": "acme"}).json()
    assert (report["done"], report["waits_for"]) == (False, "1 runs that are going on")
    month = at_once.run(lambda services: services.metering.months.month("acme", alive.month))
    assert set(month.open) == {"alive"}
    at_once.run(lambda services: services.metering.months.cancel(alive))
    assert admin("POST", ERASE, {"confirm": "acme"}).json()["done"]


def test_what_was_written_while_it_went_on_is_erased_too(
    at_once: Tenancy, admin: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a process that was taken for dead, or by another sweeper."""
    fill(admin, "mine")
    services = at_once.server.services
    counted = services.tenant_data.store.count
    late = iter(("runs", "ledger", "audit"))
    kinds: list[str] = []

    async def write() -> None:
        run = new_run(tenant="acme", messages=user_prompt(f"mine {LARGE}"))
        await services.runs.store.start(run)
        await services.runs.store.settle(settled(run, output=LARGE))
        await services.callers.audit.record(replace(OPERATOR, name="mine"), "key.created", "mine", tenant="acme")

    async def count_and_write(tenant: str, kind: str, number: int) -> None:
        await counted(tenant, kind, number)
        kinds.append(kind)
        if kind == "audit" and next(late, None):
            await asyncio.create_task(write(), context=Context())  # another function's, with its own grants

    monkeypatch.setattr(services.tenant_data.store, "count", count_and_write)
    report = admin("POST", ERASE, {"confirm": "acme"}).json()
    assert report["done"]
    assert kinds.count("audit") == 4
    assert not [text for text in stored(at_once.server.aws) if "mine" in text or "acme/" in text]


def test_a_run_that_is_going_on_leaves_nothing_either(at_once: Tenancy, admin: As) -> None:
    """Nor its moderation report, its judge's run, the counts of both."""
    member = As(at_once, "acme", Role.MEMBER)
    playground = {"name": "mine", "description": "", "useCaseId": "u"}
    playground_id = member("POST", f"{GENAI}/playgrounds/", playground).json()["id"]
    configurations = f"{GENAI}/playgrounds/{playground_id}/ootbMetricConfigurations/"
    for metric in (reporting("latency", -1, "report"), {"ootbMetricName": "correctness", "llmId": "demo/echo"}):
        assert member("POST", configurations, metric).status_code == 201
    run = {
        **DEMO,
        "prompt_text": "mine mine mine mine",
        "reference": f"mine {LARGE}",
        "playground_id": playground_id,
        "stream": True,
        "parameters": {"extra": {"delay_ms": 200}},
    }
    headers = {"authorization": f"Bearer {member.key}"}
    with at_once.client.stream("POST", RUN, json=run, headers=headers) as response:
        events = read_events(response)
        next(events)
        report = admin("POST", ERASE, {"confirm": "acme"}).json()
        assert (report["done"], report["waits_for"]) == (False, "1 runs that are going on")
        assert list(events)[-1].name == "done"
    while not admin("POST", ERASE, {"confirm": "acme"}).json()["done"]:
        pass
    left = stored(at_once.server.aws)
    assert sorted(_key_of(text) for text in left if '"acme#' in text) == [
        "acme#month " + month_of(datetime.now(UTC)),
        "acme#tenant erasure",
        "acme#tenant tenant",
    ]
    assert not [text for text in left if "mine" in text or "acme/" in text]


class Stopped(Exception):
    """What a process that dies never gets to say."""


class Crashing:
    """Every change of a table ends the process after `steps` of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steps = 0
        for name in ("put", "update", "delete"):
            monkeypatch.setattr(Table, name, self._counting(getattr(Table, name)))

    def _counting(self, method: Any) -> Any:
        async def counted(table: Table, *arguments: Any, **more: Any) -> Any:
            if self.steps == 0:
                raise Stopped
            self.steps -= 1
            return await method(table, *arguments, **more)

        return counted


def test_wherever_it_stops_it_goes_on(at_once: Tenancy, admin: As, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(admin, "mine")
    caller = at_once.run(lambda services: services.callers.keys.identify(admin.key)).caller()

    async def attempt(services: Parts) -> bool:
        services.tenant_data.erasure._let_in_before = timedelta(0)
        try:
            return (await services.tenant_data.erasure.erase(caller, 60)).erasure.erased_at is not None
        except Stopped:
            return False

    crashing = Crashing(monkeypatch)
    attempts = 0
    done = False
    while not done:
        crashing.steps = attempts  # later each time, so that every step is the last one once
        attempts += 1
        done = at_once.run(lambda _: attempt(_anew(at_once)))
    assert attempts > 10
    monkeypatch.undo()
    left = stored(at_once.server.aws)
    assert not [text for text in left if "mine" in text]
    assert hash_key(admin.key) not in " ".join(left)


def _anew(tenancy: Tenancy) -> Parts:
    """The services of another process."""
    server = tenancy.server
    return whole(server.services.settings, server.aws.names, server.aws.clients)


def test_a_request_ends_in_time_and_the_next_goes_on(at_once: Tenancy, admin: As) -> None:
    fill(admin, "mine")
    caller = at_once.run(lambda services: services.callers.keys.identify(admin.key)).caller()

    async def briefly(services: Parts) -> bool:
        services.tenant_data.erasure._let_in_before = timedelta(0)
        return (await services.tenant_data.erasure.erase(caller, 0)).erasure.erased_at is not None

    requests = 1
    while not at_once.run(lambda _: briefly(_anew(at_once))):
        requests += 1
    assert requests > 5
    assert not [text for text in stored(at_once.server.aws) if "mine" in text]


def test_the_local_servers_own_tenant_goes_on_empty(server: RunningServer) -> None:
    for _ in range(2):
        server.client.post(RUN, json={**DEMO, "prompt_text": "mine"})
        report = server.client.post(ERASE, json={"confirm": "local"}).json()
        assert report["done"]
        assert report["deleted"]["runs"] == 1
        assert not [text for text in stored(server.aws) if "mine" in text]
        assert reconciled(server, "local") == []
    assert server.client.post(RUN, json={**DEMO, "prompt_text": "again"}).status_code == 200
    assert reconciled(server, "local") == []
    assert server.client.get("/api/v1/usage").json()["total"]["runs"] == 3
