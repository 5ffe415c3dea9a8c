"""A tenant's data as one archive, over real HTTP."""

import io
import json
import zipfile
from typing import Any

import httpx
import pytest

from promptyard.domain.account.access import Role
from promptyard.domain.account.api_keys import hash_key
from promptyard.domain.errors import StoreUnavailable
from tests.support.doubles.tenancy import As, Tenancy
from tests.support.samples.tenant_filling import DEMO, GENAI, LARGE, RUN, SECRET, fill, reporting

EXPORT = "/api/v1/tenant/export"


def unpacked(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/zip"
    return files_of(response.content)


def files_of(content: bytes) -> dict[str, Any]:
    """The things by kind, and the manifest."""
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    files: dict[str, Any] = {}
    for name in archive.namelist():
        text = archive.read(name).decode()
        kind, _, ending = name.partition(".")
        files[kind] = json.loads(text) if ending == "json" else [json.loads(line) for line in text.splitlines()]
    return files


def test_the_archive_holds_all_that_the_tenant_has(tenancy: Tenancy, admin: As) -> None:
    other = As(tenancy, "other", Role.ADMIN)
    fill(other, "notmine")
    fill(admin, "mine")
    response = admin("POST", EXPORT)
    files = unpacked(response)
    manifest = files.pop("manifest")
    assert (manifest["form"], manifest["version"], manifest["tenant"]) == ("promptyard tenant", 1, "acme")
    assert manifest["things"] == {kind: len(things) for kind, things in files.items()}

    history = admin("GET", "/api/v1/playground/history/export").text
    records = [run.pop("record") for run in files["runs"]]
    assert files["runs"] == [json.loads(line) for line in history.splitlines()]
    assert [record["id"] for record in records] == [run["id"] for run in files["runs"]]
    assert [run["messages"][0]["content"] for run in files["runs"]] == [f"mine {LARGE}", "mine once"]
    prompt = admin.get("/api/v1/prompts")["items"][0]
    [exported] = files["prompts"]
    assert (exported["id"], exported["labels"]) == (prompt["id"], {"production": 1})
    assert [version["content"]["text"] for version in files["prompt_versions"]] == ["mine {{name}}", f"mine {LARGE}"]
    assert [saved["prompt_id"] for saved in files["saved_runs"]] == [prompt["id"]]
    assert [playground["name"] for playground in files["playgrounds"]] == ["mine"]
    assert [blueprint["name"] for blueprint in files["llm_blueprints"]] == ["mine"]
    assert [dataset["name"] for dataset in files["datasets"]] == ["mine"]
    assert [version["row_count"] for version in files["dataset_versions"]] == [1, 2]
    assert [row["variables"].get("name") for row in files["dataset_rows"]] == [None, "mine", f"mine {LARGE}"]
    assert [benchmark["name"] for benchmark in files["benchmarks"]] == ["mine"]
    assert [run["request_id"] for run in files["benchmark_runs"]] == ["once"]
    assert files["keys"] == admin.get("/api/v1/keys")["items"]
    assert files["provider_keys"] == admin.get("/api/v1/provider-keys")["items"]
    assert files["collectors"] == [admin.get("/api/v1/telemetry")]
    assert files["audit"] == admin.get("/api/v1/audit")["items"]
    assert files["audit"][0]["action"] == "tenant.exported"
    assert files["ledger"] == admin.get("/api/v1/usage/ledger")["items"][::-1]
    assert [month["runs"] for month in files["months"]] == [2]
    assert [tenant["id"] for tenant in files["tenant"]] == ["acme"]

    text = json.dumps(files)
    assert "notmine" not in text
    for secret in (SECRET, admin.key, hash_key(admin.key)):
        assert secret not in text


def test_the_archive_holds_what_was_blocked_where_that_is_kept(admin: As) -> None:
    playground = {"name": "n", "description": "", "useCaseId": "u", "keepBlocked": True}
    playground_id = admin("POST", f"{GENAI}/playgrounds/", playground).json()["id"]
    body = reporting("pii_violation", 0, "reportAndBlock")
    made = admin("POST", f"{GENAI}/playgrounds/{playground_id}/ootbMetricConfigurations/", body)
    assert made.status_code == 201, made.text
    run = admin("POST", RUN, {**DEMO, "prompt_text": "Mail ada@example.com", "playground_id": playground_id}).json()
    assert run["status"] == "blocked"
    files = unpacked(admin("POST", EXPORT))
    [exported] = files["runs"]
    assert "ada@example.com" in json.dumps(exported["withheld"]["messages"])
    assert [report["run_id"] for report in files["moderation_reports"]] == [run["id"]]
    assert [one["metric"] for one in files["metric_configurations"]] == ["pii_violation"]
    assert "ada@example.com" not in admin("GET", "/api/v1/playground/history/export").text


def test_the_archive_has_a_file_for_each_kind_though_there_is_nothing(admin: As) -> None:
    files = unpacked(admin("POST", EXPORT))
    assert files["manifest"]["things"]["runs"] == 0
    assert files["runs"] == []


def test_a_repeated_export_is_made_anew(tenancy: Tenancy, admin: As) -> None:
    headers = {"authorization": f"Bearer {admin.key}", "idempotency-key": "export"}
    for _ in range(2):
        unpacked(tenancy.client.post(EXPORT, headers=headers))


def test_an_archive_that_cannot_be_finished_is_cut(
    tenancy: Tenancy, admin: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: Any, **__: Any) -> Any:
        raise StoreUnavailable("gone")

    monkeypatch.setattr(tenancy.server.services.callers.audit, "page", fails)
    with pytest.raises(httpx.RemoteProtocolError):
        admin("POST", EXPORT)
