"""A tenant's archive, taken into another deployment, over real HTTP."""

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from promptyard.domain.account.access import Role
from promptyard.domain.tenant_data.importing import NOT_IMPORTED
from tests.contract.tenant_data.test_tenant_export import EXPORT, unpacked
from promptyard_local.aws import open_aws
from tests.support.aws.observed_client import observed
from tests.support.doubles.tenancy import As, Tenancy
from tests.support.samples.tenant_filling import DEMO, GENAI, RUN, fill, fill_up, reporting
from tests.support.servers.server import running_server

IMPORT = "/api/v1/tenant/import"


@contextmanager
def deployment() -> Iterator[Tenancy]:
    """One that is empty but for the tenants `acme` and `other`. There is one at a time in a process (moto)."""
    aws = observed(open_aws({"PROMPTYARD_DATA_DIR": ":memory:"}))
    with running_server(aws, {"PROMPTYARD_AUTH": "required"}) as server:
        tenancy = Tenancy(server)
        tenancy.make_tenant("acme")
        tenancy.make_tenant("other")
        yield tenancy
    aws.clients.close()
    aws.close()


def send(tenancy: Tenancy, admin: As, archive: bytes, after: str | None = None) -> httpx.Response:
    return tenancy.client.post(
        IMPORT,
        params={} if after is None else {"after": after},
        content=archive,
        headers={"authorization": f"Bearer {admin.key}", "content-type": "application/zip"},
    )


def taken(tenancy: Tenancy, admin: As, archive: bytes) -> dict[str, Any]:
    response = send(tenancy, admin, archive)
    assert response.status_code == 200, response.text
    report: dict[str, Any] = response.json()
    assert (report["done"], report["next"]) == (True, None)
    return report


def comparable(files: dict[str, Any]) -> dict[str, Any]:
    """What an import takes over, in an order of its own."""
    return {
        kind: sorted(map(json.dumps, map(_sorted, things)))
        for kind, things in files.items()
        if kind not in NOT_IMPORTED and kind != "manifest"
    }


def _sorted(thing: Any) -> Any:
    return json.loads(json.dumps(thing, sort_keys=True))


def test_what_was_exported_and_imported_is_exported_again() -> None:
    with deployment() as here:
        admin = As(here, "acme", Role.ADMIN)
        fill(admin, "mine")
        fill_up(here, admin, "mine")
        guarded(admin)
        exported = admin("POST", EXPORT)
        archive, files = exported.content, unpacked(exported)
    things = {kind: len(found) for kind, found in files.items() if kind not in NOT_IMPORTED and kind != "manifest"}
    assert all(things.values()), "some of everything"
    with deployment() as there:
        admin = As(there, "acme", Role.ADMIN)
        report = taken(there, admin, archive)
        after = unpacked(admin("POST", EXPORT))
        assert comparable(after) == comparable(files)
        assert report["imported"] == things
        assert report["there_already"] == {}
        assert {left["kind"] for left in report["left_out"]} == {*NOT_IMPORTED, "webhook_secrets"}

        assert after["ledger"] == []
        assert admin.get("/api/v1/usage")["total"]["runs"] == 0
        [told] = [entry for entry in after["audit"] if entry["action"] == "tenant.imported"]
        assert told["details"] == {"tenant": "acme", "exported_at": report["exported_at"]}
        assert admin.get("/api/v1/playground/history?limit=100")["total"] == things["runs"]

        again = taken(there, admin, archive)
        assert again["imported"] == {}
        assert again["there_already"] == {kind: number for kind, number in things.items() if kind != "dataset_rows"}
        assert comparable(unpacked(admin("POST", EXPORT))) == comparable(files)
        assert admin.get("/api/v1/playground/history?limit=100")["total"] == things["runs"]


def guarded(member: As) -> None:
    """A playground with a metric, a guard, a blocked run and its report, which stay."""
    playground = {"name": "guarded", "description": "", "useCaseId": "u", "keepBlocked": True}
    playground_id = member("POST", f"{GENAI}/playgrounds/", playground).json()["id"]
    body = reporting("pii_violation", 0, "reportAndBlock")
    path = f"{GENAI}/playgrounds/{playground_id}/ootbMetricConfigurations/"
    assert member("POST", path, body).status_code == 201
    run = member("POST", RUN, {**DEMO, "prompt_text": "Mail ada@example.com", "playground_id": playground_id}).json()
    assert run["status"] == "blocked"
