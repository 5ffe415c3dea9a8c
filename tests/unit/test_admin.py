"""The commands of those who run a deployment."""

import asyncio
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from promptyard import admin
from promptyard.aws.clients import Clients
from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.whole import whole
from promptyard.domain.account.access import Role
from promptyard.domain.account.api_keys import ApiKey, looks_like_key
from promptyard.domain.account.tenants import Tenant
from promptyard.domain.errors import InvalidRequest, NotFound, PromptyardError, Unauthenticated
from promptyard.domain.identifiers import random_id
from promptyard.domain.metering.ledger import month_of
from promptyard.domain.metering.limits import NO_LIMITS
from promptyard.domain.models.messages import user_prompt
from promptyard.domain.paging import PageRequest
from promptyard.domain.runs.run import RunLinks
from promptyard.services.account.tenant_directory import PAGE
from promptyard.services.ports.runs import RunFilter
from promptyard.settings import Settings
from promptyard.storage.runs.run_items import to_stored
from promptyard.storage.runs.runs import DynamoRunStore
from promptyard.storage.table import keys
from promptyard.storage.table.expressions import Changes
from promptyard.storage.table.table import Table
from promptyard_local.aws import LocalAws, open_aws
from promptyard_local.journal import FILE_NAME
from tests.support.aws.local_aws import RUNS_TABLE, USAGE_TABLE, load_items, object_keys, store_of_runs
from tests.support.aws.moto_dynamodb import emptied_moto
from tests.support.doubles.metering import settle
from tests.support.samples.sample_runs import new_run, run_at, settled


class Commands:
    def __init__(self, aws: LocalAws, capture: pytest.CaptureFixture[str]) -> None:
        self._aws = aws
        self._capture = capture

    def services(self) -> Parts:
        return whole(Settings(), self._aws.names, self._aws.clients)

    def run(self, *arguments: str) -> str:
        """What the command writes to standard output."""
        admin.run(arguments, self.services())
        return self.output()

    def output(self) -> str:
        return self._capture.readouterr().out

    def change_month(self, tenant: str, month: str, changes: Changes) -> None:
        table = Table(self._aws.clients.dynamodb, self._aws.names[USAGE_TABLE])
        asyncio.run(table.update(keys.month_key(tenant, month), changes))

    def identify(self, key: str) -> ApiKey:
        return asyncio.run(self.services().callers.keys.identify(key))


@pytest.fixture
def commands(local_aws: LocalAws, capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(local_aws, capsys)


def test_an_operator_key_is_printed_alone_and_works(commands: Commands) -> None:
    key = commands.run("make-operator-key", "--name", "Ops", "--expires-in-days", "1").strip()
    assert looks_like_key(key)
    record = commands.identify(key)
    assert (record.role, record.tenant, record.name) == (Role.OPERATOR, "operator", "Ops")
    assert record.expires_at is not None


def test_a_key_is_written_into_a_file_of_its_owners_alone(commands: Commands, tmp_path: Path) -> None:
    file = tmp_path / "operator.key"
    assert commands.run("make-operator-key", "--out", str(file)) == ""
    assert file.stat().st_mode & 0o777 == 0o600
    assert commands.identify(file.read_text().strip()).role is Role.OPERATOR
    before = file.read_text()
    with pytest.raises(SystemExit, match="cannot be made: File exists"):
        commands.run("make-operator-key", "--out", str(file))
    assert file.read_text() == before
    assert len(commands.run("operator-keys").splitlines()) == 1


def test_a_key_that_cannot_be_made_leaves_no_file(commands: Commands, tmp_path: Path) -> None:
    file = tmp_path / "admin.key"
    with pytest.raises(InvalidRequest):
        commands.run("make-operator-key", "--expires-in-days", "0", "--out", str(file))
    assert not file.exists()


def test_operator_keys_are_listed_and_revoked(commands: Commands) -> None:
    first = commands.run("make-operator-key").strip()
    second = commands.run("make-operator-key").strip()
    listed = commands.run("operator-keys").splitlines()
    assert len(listed) == 2
    assert first not in "".join(listed)
    key_id = next(line.split()[0] for line in listed if first[:12] in line)
    commands.run("revoke-operator-key", key_id)
    with pytest.raises(Unauthenticated):
        commands.identify(first)
    assert commands.identify(second)
    entries = [json.loads(line) for line in commands.run("operator-audit").splitlines()]
    assert [entry["action"] for entry in entries] == ["key.revoked", "key.created", "key.created"]
    assert {entry["actor_name"] for entry in entries} == {"command line"}
    assert first not in json.dumps(entries)


def test_an_admin_key_for_a_tenant_that_lost_its_own(commands: Commands) -> None:
    asyncio.run(commands.services().callers.tenant_store.add(Tenant(id="acme", name="A", created_at=datetime.now(UTC))))
    record = commands.identify(commands.run("make-admin-key", "acme").strip())
    assert (record.role, record.tenant) == (Role.ADMIN, "acme")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["make-admin-key", "nobody"], NotFound),
        (["revoke-operator-key", "nothing"], NotFound),
        (["make-operator-key", "--expires-in-days", "0"], InvalidRequest),
    ],
)
def test_what_cannot_be_done_is_said(commands: Commands, arguments: list[str], error: type[PromptyardError]) -> None:
    with pytest.raises(error):
        commands.run(*arguments)


def test_a_months_counts_are_compared_with_its_ledger(commands: Commands) -> None:
    for tenant in ("acme", "other"):
        asyncio.run(
            commands.services().callers.tenant_store.add(Tenant(id=tenant, name="A", created_at=datetime.now(UTC)))
        )
    run = new_run(tenant="acme")

    async def charge() -> None:
        services = commands.services()
        held = await services.metering.meter.reserve(services.metering.meter.plan(run, NO_LIMITS), NO_LIMITS)
        await settle(services.metering.meter, settled(run), held)

    asyncio.run(charge())
    month = month_of(run.created_at)
    assert commands.run("reconcile").splitlines() == [
        f"acme {month}: 1 runs charged, 0 open; as in the ledger",
        f"other {month}: 0 runs charged, 0 open; as in the ledger",
    ]
    commands.change_month("acme", month, Changes().add("tokens", 7))
    with pytest.raises(SystemExit) as exit_:
        commands.run("reconcile", "--tenant", "acme")
    assert exit_.value.code == 1
    differing = commands.output()
    assert "DIFFERS" in differing
    assert "reserved and charged: tokens: " in differing
    assert commands.run("reconcile", "--tenant", "other").endswith("as in the ledger\n")
    assert commands.run("reconcile", "--month", "2020-01", "--tenant", "acme").startswith("acme 2020-01: 0 runs")
    with pytest.raises(SystemExit):
        commands.run("reconcile", "--month", "today")


def test_a_wrong_command_is_explained(commands: Commands) -> None:
    with pytest.raises(SystemExit):
        commands.run("make-everything")


def break_counters(aws: LocalAws, tenant: str) -> None:
    """Two runs of one prompt that have ended, whose counters say otherwise."""
    runs = [settled(new_run(tenant=tenant, links=RunLinks(prompt_id="p"))) for _ in range(2)]
    load_items(aws, RUNS_TABLE, (to_stored(run, write_id="w", expires_at=None).item for run in runs))


async def totals(store: DynamoRunStore, tenant: str) -> list[int | None]:
    return [
        (await store.page(tenant, where, PageRequest(1))).total for where in (RunFilter(), RunFilter(prompt_id="p"))
    ]


def test_counters_are_repaired(commands: Commands, local_aws: LocalAws) -> None:
    tenants = [f"acme-{number:03}" for number in range(PAGE + 2)]
    for tenant in tenants:
        record = Tenant(id=tenant, name="A", created_at=datetime.now(UTC))
        asyncio.run(commands.services().callers.tenant_store.add(record))
    store = store_of_runs(local_aws)
    broken = (tenants[0], tenants[1], tenants[-1], "local")
    for tenant in broken:
        break_counters(local_aws, tenant)
        assert asyncio.run(totals(store, tenant)) == [0, 0]
    assert commands.run("repair-counters", "--tenant", tenants[0]) == "acme-000: 2 corrected\n"
    lines = commands.run("repair-counters").splitlines()
    assert lines == [
        f"{tenant}: {2 if tenant in broken and tenant != tenants[0] else 0} corrected" for tenant in tenants
    ]
    for tenant in broken[:-1]:
        assert asyncio.run(totals(store, tenant)) == [2, 2]
    assert asyncio.run(totals(store, "local")) == [0, 0], "while nothing runs open there is no such tenant"
    with pytest.raises(NotFound):
        commands.run("repair-counters", "--tenant", "nobody")


def test_what_expired_runs_have_left_is_deleted(commands: Commands, local_aws: LocalAws) -> None:
    asyncio.run(_leave_content(local_aws))
    for tenant, days in (("acme", 30), ("other", None)):
        record = Tenant(id=tenant, name="A", created_at=datetime.now(UTC), retention_days=days)
        asyncio.run(commands.services().callers.tenant_store.add(record))
    assert commands.run("delete-expired", "--tenant", "other") == "other: 0 deleted\n"
    assert commands.run("delete-expired") == "acme: 1 deleted\nother: 0 deleted\n"
    assert [key.split("/")[0] for key in object_keys(local_aws)] == ["other"]


def test_what_has_expired_goes_by_the_deployments_retention(
    local_aws: LocalAws, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(_leave_content(local_aws))
    acme = Tenant(id="acme", name="A", created_at=datetime.now(UTC))
    asyncio.run(whole(Settings(), local_aws.names, local_aws.clients).callers.tenant_store.add(acme))
    told = {}
    for days in (None, 30):
        admin.run(["delete-expired"], whole(Settings(retention_days=days), local_aws.names, local_aws.clients))
        told[days] = capsys.readouterr()
    assert told[None].out == "acme: 0 deleted\n"
    assert "PROMPTYARD_RETENTION_DAYS is not set" in told[None].err
    assert (told[30].out, told[30].err) == ("acme: 1 deleted\n", "")


async def _leave_content(aws: LocalAws) -> None:
    """A run of each tenant that is long gone, but for its prompt."""
    for tenant in ("acme", "other"):
        run = run_at(datetime(2026, 1, 1, tzinfo=UTC), tenant=tenant, messages=user_prompt("long " * 20_000))
        await (store := store_of_runs(aws)).start(run)
        await store.settle(settled(run))
        await Table(aws.clients.dynamodb, aws.names[RUNS_TABLE]).delete(keys.run_key(tenant, run.id))


def python(module: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PROMPTYARD_"))}
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, env=environment | variables, capture_output=True, text=True, check=False)


def test_it_works_on_the_local_servers_data(tmp_path: Path) -> None:
    arguments = ("make-operator-key", "--expires-in-days", "30")
    made = python("promptyard_local.admin", *arguments, PROMPTYARD_DATA_DIR=str(tmp_path))
    assert made.returncode == 0, made.stderr
    key = made.stdout.strip()
    assert looks_like_key(key)
    assert key not in made.stderr
    assert key.encode() not in (tmp_path / FILE_NAME).read_bytes()
    listed = python("promptyard_local.admin", "operator-keys", PROMPTYARD_DATA_DIR=str(tmp_path))
    assert key[:12] in listed.stdout


def test_the_local_servers_months_are_compared_with_its_ledger(tmp_path: Path) -> None:
    done = python("promptyard_local.admin", "reconcile", PROMPTYARD_DATA_DIR=str(tmp_path))
    assert (done.returncode, done.stdout) == (
        0,
        f"local {month_of(datetime.now(UTC))}: 0 runs charged, 0 open; as in the ledger\n",
    ), done.stderr


def test_it_works_on_a_deployments_tables(dynalite_aws: LocalAws, dynalite_url: str) -> None:
    """As it is run there: with AWS credentials, and the names of the tables."""
    tenant = random_id()
    services = whole(Settings(), dynalite_aws.names, dynalite_aws.clients)
    asyncio.run(services.callers.tenant_store.add(Tenant(id=tenant, name="A", created_at=datetime.now(UTC))))
    variables = {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_DYNAMODB": dynalite_url,
        "PROMPTYARD_ACCOUNT_TABLE": dynalite_aws.names["PROMPTYARD_ACCOUNT_TABLE"],
    }
    made = python("promptyard.admin", "make-operator-key", **variables)
    assert made.returncode == 0, made.stderr
    record = asyncio.run(services.callers.keys.identify(made.stdout.strip()))
    assert (record.role, record.tenant) == (Role.OPERATOR, "operator")
    variables["PROMPTYARD_USAGE_TABLE"] = dynalite_aws.names[USAGE_TABLE]
    compared = python("promptyard.admin", "reconcile", "--tenant", tenant, **variables)
    assert (compared.returncode, compared.stderr) == (0, "")
    assert compared.stdout.startswith(f"{tenant} ")


def test_the_local_servers_counters_are_repaired(tmp_path: Path) -> None:
    aws = open_aws({"PROMPTYARD_DATA_DIR": str(tmp_path)})
    asyncio.run(_lose_the_count(aws))
    aws.close()
    repaired = python("promptyard_local.admin", "repair-counters", PROMPTYARD_DATA_DIR=str(tmp_path))
    assert (repaired.returncode, repaired.stdout) == (0, "local: 1 corrected\n"), repaired.stderr
    aws = open_aws({"PROMPTYARD_DATA_DIR": str(tmp_path)})
    assert asyncio.run(totals(store_of_runs(aws), "local")) == [1, 1]
    aws.close()


async def _lose_the_count(aws: LocalAws) -> None:
    store = store_of_runs(aws)
    await store.start(run := new_run(links=RunLinks(prompt_id="p")))
    await store.settle(settled(run))
    await Table(aws.clients.dynamodb, aws.names[RUNS_TABLE]).delete(keys.count_key("local", keys.COUNT_ALL))


def test_without_its_table_it_says_what_is_missing() -> None:
    refused = python("promptyard.admin", "operator-keys")
    assert refused.returncode == 1
    assert "PROMPTYARD_ACCOUNT_TABLE" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_indexes_that_tables_lack_are_told_and_added(capsys: pytest.CaptureFixture[str]) -> None:
    moto = emptied_moto()
    name = "promptyard-usage-restored"
    moto.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    services = whole(Settings(), {"PROMPTYARD_USAGE_TABLE": name}, Clients({"dynamodb": lambda _: moto}))
    with pytest.raises(SystemExit, match="1"):
        admin.run(["add-indexes", "--check"], services)
    assert capsys.readouterr().out == f"{name}: lacks open\n"
    admin.run(["add-indexes"], services)
    said = capsys.readouterr()
    assert (said.out, said.err) == ("All indexes are there.\n", f"{name}: open is being added\n")
    admin.run(["add-indexes", "--check"], services)
    emptied_moto()


def test_it_looks_at_no_tables_that_it_is_not_told() -> None:
    refused = python("promptyard.admin", "add-indexes")
    assert refused.returncode == 1
    assert refused.stderr.startswith("promptyard: No table with indexes is named")
