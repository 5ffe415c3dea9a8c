"""A tenant's archive, taken into another deployment, over real HTTP."""

import io
import json
import re
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from functions.account import tenant_data
from promptyard.bootstrap.parts import Parts
from promptyard.domain.account.access import Role
from promptyard.domain.tenant_data.importing import IMPORTED, NOT_IMPORTED
from promptyard_local.aws import open_aws
from tests.contract.tenant_data.test_tenant_erasure import reconciled
from tests.contract.tenant_data.test_tenant_export import EXPORT, files_of, unpacked
from tests.support.aws.local_aws import object_keys
from tests.support.aws.observed_client import observed
from tests.support.doubles.tenancy import As, Tenancy
from tests.support.samples.tenant_filling import DEMO, GENAI, RUN, fill, fill_up, reporting
from tests.support.servers.server import StartServer, running_server

IMPORT = "/api/v1/tenant/import"
NOWHERE = "01a229d2-0000-7000-8000-000000000000"


@pytest.fixture(scope="module")
def archive() -> bytes:
    """Of the tenant `acme` of another deployment, with some of everything. There is one deployment at a time in a
    process (moto)."""
    aws = observed(open_aws({"PROMPTYARD_DATA_DIR": ":memory:"}))
    with running_server(aws, {"PROMPTYARD_AUTH": "required"}) as server:
        there = Tenancy(server)
        there.make_tenant("acme")
        admin = As(there, "acme", Role.ADMIN)
        fill(admin, "mine")
        fill_up(there, admin, "mine")
        guarded(admin)
        content = admin("POST", EXPORT).content
    aws.clients.close()
    aws.close()
    return content


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


def numbers(archive: bytes) -> dict[str, int]:
    """How many things there are of each kind that is imported."""
    return {kind: len(things) for kind, things in comparable(files_of(archive)).items()}


def test_what_was_exported_and_imported_is_exported_again(tenancy: Tenancy, admin: As, archive: bytes) -> None:
    files, things = files_of(archive), numbers(archive)
    assert things.keys() == {*IMPORTED, "dataset_rows"}
    assert all(things.values()), "some of everything"
    report = taken(tenancy, admin, archive)
    after = unpacked(admin("POST", EXPORT))
    assert comparable(after) == comparable(files)
    assert report["imported"] == things
    assert report["there_already"] == {}
    assert {left["kind"] for left in report["left_out"]} == {*NOT_IMPORTED, "webhook_secrets"}

    assert after["ledger"] == []
    assert admin.get("/api/v1/usage")["total"]["runs"] == 0
    assert reconciled(tenancy.server, "acme") == []
    [told] = [entry for entry in after["audit"] if entry["action"] == "tenant.imported"]
    assert told["details"] == {"tenant": "acme", "exported_at": report["exported_at"]}
    assert admin.get("/api/v1/playground/history?limit=100")["total"] == things["runs"]

    again = taken(tenancy, admin, archive)
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


def test_another_tenant_takes_it_with_prompts_of_its_own(tenancy: Tenancy, admin: As, archive: bytes) -> None:
    """But for its benchmarks: events name those by their ids alone, and `acme` has them still."""
    taken(tenancy, admin, archive)
    other = As(tenancy, "other", Role.ADMIN)
    report = taken(tenancy, other, archive)
    assert report["made_of"] == "acme"
    left = {entry["kind"]: entry["ids"] for entry in report["left_out"] if entry["ids"]}
    assert left == {"benchmarks": [benchmark["id"] for benchmark in admin.get("/api/v1/benchmarks")["items"]]}
    [theirs], [own] = admin.get("/api/v1/prompts")["items"], other.get("/api/v1/prompts")["items"]
    assert theirs["id"] != own["id"]
    assert other.get(f"/api/v1/prompts/{own['id']}/versions")["total"] == 2
    assert list(own["aliases"]) == ["pmpt_1"]
    prompted = {**DEMO, "prompt_id": "mine/greeting@production", "variables": {"name": "you"}}
    assert other("POST", RUN, prompted).json()["output"] == "mine you"
    saved = unpacked(other("POST", EXPORT))["saved_runs"]
    assert [one["prompt_id"] for one in saved] == [own["id"]]
    assert len(admin.get("/api/v1/benchmarks")["items"]) == 1, "what another tenant has is as it was"


def test_what_is_there_already_is_not_changed(tenancy: Tenancy, admin: As, archive: bytes) -> None:
    taken(tenancy, admin, archive)
    [prompt] = admin.get("/api/v1/prompts")["items"]
    [dataset] = admin.get("/api/v1/datasets")["items"]
    runs = admin.get("/api/v1/playground/history?limit=100")["items"]
    assert admin("PATCH", f"/api/v1/prompts/{prompt['id']}", {"description": "new"}).status_code == 200
    assert admin("PUT", f"/api/v1/prompts/{prompt['id']}/labels/production", {"version_number": 2}).status_code == 200
    assert admin("PATCH", f"/api/v1/datasets/{dataset['id']}", {"name": "new"}).status_code == 200
    assert admin("DELETE", f"/api/v1/playground/runs/{runs[0]['id']}").status_code == 204
    before = unpacked(admin("POST", EXPORT))
    report = taken(tenancy, admin, archive)
    assert report["imported"] == {"runs": 1}, "a run that was deleted is there again"
    after = unpacked(admin("POST", EXPORT))
    assert {kind: things for kind, things in comparable(after).items() if kind != "runs"} == {
        kind: things for kind, things in comparable(before).items() if kind != "runs"
    }
    assert len(after["runs"]) == len(before["runs"]) + 1 == len(runs)
    assert admin.get("/api/v1/playground/history?limit=100")["total"] == len(runs)


def test_what_was_deleted_here_a_moment_ago_is_left_out(tenancy: Tenancy, admin: As, archive: bytes) -> None:
    taken(tenancy, admin, archive)
    [dataset] = admin.get("/api/v1/datasets")["items"]
    playgrounds = [one["id"] for one in unpacked(admin("POST", EXPORT))["playgrounds"]]
    for playground_id in playgrounds:
        assert admin("DELETE", f"{GENAI}/playgrounds/{playground_id}/").status_code == 204
    assert admin("DELETE", f"/api/v1/datasets/{dataset['id']}").status_code == 204
    report = taken(tenancy, admin, archive)
    left = {(entry["kind"], entry["reason"]): entry["count"] for entry in report["left_out"] if entry["ids"]}
    things = numbers(archive)
    assert left == {
        ("playgrounds", "it was deleted here"): things["playgrounds"],
        ("llm_blueprints", "its playground is not there"): things["llm_blueprints"],
        ("metric_configurations", "its playground is not there"): things["metric_configurations"],
        ("datasets", "it was deleted here"): 1,
        ("dataset_versions", "its dataset is not there"): things["dataset_versions"],
        ("moderation_reports", "its playground is not there"): things["moderation_reports"],
    }


def test_another_version_with_the_same_number_is_left_out(tenancy: Tenancy, archive: bytes) -> None:
    other = As(tenancy, "other", Role.ADMIN)
    saved = {"namespace": "mine", "slug": "greeting", "content": "theirs"}
    assert other("POST", "/api/v1/playground/save-version", saved).status_code in {200, 201}
    report = taken(tenancy, other, archive)
    [left] = [entry for entry in report["left_out"] if entry["kind"] == "prompt_versions"]
    assert (left["reason"], left["count"]) == ("another version has its number here", 1)
    [prompt] = other.get("/api/v1/prompts")["items"]
    versions = other.get(f"/api/v1/prompts/{prompt['id']}/versions")["items"]
    assert [version["version_number"] for version in versions] == [2, 1]


def test_a_request_ends_in_time_and_the_next_goes_on(
    tenancy: Tenancy, archive: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = As(tenancy, "other", Role.ADMIN)
    monkeypatch.setattr(tenant_data, "IMPORT_SECONDS", 0.0)
    whole: Counter[str] = Counter()
    after, requests = None, 0
    while True:
        response = send(tenancy, other, archive, after)
        assert response.status_code == 200, response.text
        report = response.json()
        whole.update(report["imported"])
        assert report["there_already"] == {}
        after, requests = report["next"], requests + 1
        if report["done"]:
            break
    assert after is None
    assert requests > len(IMPORTED)
    things = {kind: len(found) for kind, found in unpacked(other("POST", EXPORT)).items() if kind in whole}
    assert whole == things
    told = [entry for entry in other.get("/api/v1/audit")["items"] if entry["action"] == "tenant.imported"]
    assert len(told) == 1


def test_a_mistake_anywhere_leaves_nothing_written(tenancy: Tenancy, archive: bytes) -> None:
    other = As(tenancy, "other", Role.ADMIN)
    before = comparable(unpacked(other("POST", EXPORT)))
    for kind in (*IMPORTED, "dataset_rows"):
        for change in (with_an_empty_thing, without_the_last):
            wrong = changed(
                archive, lambda name, text, kind=kind, change=change: change(text) if name == f"{kind}.jsonl" else text
            )
            response = send(tenancy, other, wrong)
            assert response.status_code == 422, (kind, change)
            [mistake] = response.json()["detail"]
            versions_lack = (kind, change) == ("dataset_versions", without_the_last)
            assert f"{'dataset_rows' if versions_lack else kind}.jsonl" in mistake["msg"]
    assert comparable(unpacked(other("POST", EXPORT))) == before
    assert "tenant.imported" not in {entry["action"] for entry in other.get("/api/v1/audit")["items"]}


def with_an_empty_thing(text: bytes) -> bytes:
    return text + b"{}\n"


def without_the_last(text: bytes) -> bytes:
    return b"".join(text.splitlines(keepends=True)[:-1])


def changed(archive: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """With what becomes of each file, by its name."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return file.getvalue()


def test_only_admins_import_and_only_what_is_an_archive(tenancy: Tenancy, admin: As) -> None:
    member = As(tenancy, "acme", Role.MEMBER)
    assert send(tenancy, member, b"").status_code == 403
    for body in (b"", b"{}", b"PK"):
        refused = send(tenancy, admin, body)
        assert refused.status_code == 422
        assert "no ZIP archive" in json.dumps(refused.json()["detail"])
    for after in ("", "write", "write.keys.1", "check.runs.-1", "x" * 200):
        assert send(tenancy, admin, b"", after).status_code == 422


def test_runs_older_than_the_tenant_keeps_them_are_left_out(tenancy: Tenancy, archive: bytes) -> None:
    async def keep_for_a_day(services: Parts) -> None:
        await services.callers.tenant_store.change("other", {"retention_days": 1}, {})

    tenancy.run(keep_for_a_day)
    archive = changed(archive, lambda _, text: re.sub(rb'"created_at":"20..', b'"created_at":"1999', text))
    other = As(tenancy, "other", Role.ADMIN)
    report = taken(tenancy, other, archive)
    assert report["imported"].keys().isdisjoint({"runs", "saved_runs", "moderation_reports"})
    reasons = {entry["reason"] for entry in report["left_out"] if entry["kind"] == "runs"}
    assert reasons == {"it is older than this deployment keeps runs"}


def test_what_is_larger_than_the_store_keeps_is_left_out_by_name(tenancy: Tenancy, admin: As, archive: bytes) -> None:
    """Nothing that was exported is: these were changed by hand."""
    large = "x" * 500_000
    grown = {
        "playgrounds": {"name": large},
        "prompts": {"description": large},
        "llm_blueprints": {"name": large},
        "metric_configurations": {"custom_name": large},
        "datasets": {"name": large},
        "benchmarks": {"name": large},
        "benchmark_runs": {"error": large},
        "saved_runs": {"prompt_id": large},
    }
    found = files_of(archive)
    del found["manifest"]
    things = {kind: [{**thing, **grown.get(kind, {})} for thing in each] for kind, each in found.items()}
    for run, wrong in zip(
        things["runs"], ({"cost_usd": "1E+200"}, {"model": large}, {"endpoint": large}), strict=False
    ):
        run["record"] |= wrong
    assert len(things["runs"]) >= 3

    def lines(name: str, text: bytes) -> bytes:
        kind, _, ending = name.partition(".")
        return text if ending == "json" else "".join(json.dumps(thing) + "\n" for thing in things[kind]).encode()

    report = taken(tenancy, admin, changed(archive, lines))
    told = "it, or a number in it, is larger than the store keeps"
    left = {entry["kind"]: entry for entry in report["left_out"] if entry["reason"] == told}
    assert left["runs"]["count"] == 3
    for kind in grown:
        reasons = {entry["kind"]: entry for entry in report["left_out"]}
        assert kind not in report["imported"], kind
        assert set(reasons[kind]["ids"]) <= {thing["id"] for thing in things[kind]}, kind
    assert admin.get("/api/v1/playground/history?limit=100")["total"] == len(things["runs"]) - 3
    assert reconciled(tenancy.server, "acme") == []


def test_results_and_report_of_a_benchmark_come_along(tenancy: Tenancy, admin: As) -> None:
    dataset = admin("POST", "/api/v1/datasets", {"name": "questions"}).json()["id"]
    rows = [{"variables": {"word": f"word{number}"}, "reference": f"word{number}"} for number in range(3)]
    assert admin("POST", f"/api/v1/datasets/{dataset}/versions", rows).status_code == 201
    benchmark = {
        "name": "answers",
        "dataset_id": dataset,
        "template": "{{word}}",
        "targets": [DEMO],
        "repeats": 2,
        "metrics": [{"metric": "exact_match"}],
    }
    made = admin("POST", "/api/v1/benchmarks", benchmark)
    assert made.status_code == 201, made.text
    run_id = admin("POST", f"/api/v1/benchmarks/{made.json()['id']}/runs", {}).json()["id"]
    path = f"/api/v1/benchmark-runs/{run_id}"
    while admin.get(path)["status"] in {"queued", "running"}:
        time.sleep(0.05)
    archive = admin("POST", EXPORT).content
    other = As(tenancy, "other", Role.ADMIN)
    report = taken(tenancy, other, archive)
    assert (report["imported"]["benchmark_cells"], report["imported"]["benchmark_reports"]) == (6, 1)
    for shown in (path, f"{path}/results", f"{path}/results?row=2", f"{path}/report?format=html"):
        theirs, own = (whose("GET", shown) for whose in (admin, other))
        assert (own.status_code, own.text) == (200, theirs.text), shown
    theirs, own = (whose.get(f"{path}/report") for whose in (admin, other))
    assert own.pop("started_at")[:19] == theirs.pop("started_at")[:19], "an archive has milliseconds"
    assert own == theirs
    [answer, *_] = map(json.loads, other("GET", f"{path}/results").text.splitlines())
    assert answer["output"] == "word0"
    again = taken(tenancy, other, archive)
    assert again["imported"] == {}
    assert (again["there_already"]["benchmark_cells"], again["there_already"]["benchmark_reports"]) == (6, 1)


def test_by_s3_where_no_request_holds_an_archive(start_server: StartServer) -> None:
    tenancy = Tenancy(start_server({"PROMPTYARD_AUTH": "required", "PROMPTYARD_UPLOADS": "s3"}))
    tenancy.make_tenant("acme")
    tenancy.make_tenant("other")
    admin = As(tenancy, "acme", Role.ADMIN)
    assert admin("POST", RUN, {**DEMO, "prompt_text": "mine"}).status_code == 200
    archive = admin("POST", EXPORT).content
    refused = send(tenancy, admin, archive)
    assert (refused.status_code, refused.json()["detail"][0]["loc"]) == (422, ["query", "upload"])
    assert "tenant/import/uploads" in refused.text

    other = As(tenancy, "other", Role.ADMIN)
    upload = other("POST", f"{IMPORT}/uploads").json()
    place = urlsplit(upload["url"]).path
    key = f"_/imports/other/{upload['id']}"
    assert place.endswith(f"/{key}")
    assert upload["method"] == "PUT"
    path = f"{IMPORT}?upload={upload['id']}"
    assert other("POST", path).status_code == 404, "nothing is there yet"
    bucket = tenancy.server.aws.names["PROMPTYARD_RUNS_BUCKET"]
    tenancy.server.aws.clients.s3().put_object(Bucket=bucket, Key=key, Body=archive)
    assert admin("POST", path).status_code == 404, "it is another tenant's"
    report = other("POST", path).json()
    assert (report["done"], report["imported"]) == (True, {"runs": 1})
    assert key not in object_keys(tenancy.server.aws)
    assert other("POST", path).status_code == 404, "it is forgotten"
    for upload_id in ("x", "../x", NOWHERE):
        assert other("POST", f"{IMPORT}?upload={upload_id}").status_code == 404


def test_the_local_server_takes_archives_as_bodies(admin: As) -> None:
    assert admin("POST", f"{IMPORT}/uploads").json() == dict.fromkeys(("id", "url", "method", "expires_at"))
    assert admin("POST", f"{IMPORT}?upload={NOWHERE}").status_code == 404
