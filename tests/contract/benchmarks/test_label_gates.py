"""Labels that benchmarks guard, over real HTTP."""

import asyncio
from typing import Any

import pytest

from promptyard.domain.account.access import Role
from promptyard.domain.benchmarks.benchmark import VersionVerdict
from promptyard.domain.identifiers import time_ordered_id
from promptyard.storage.benchmarks.benchmark_runs import DynamoBenchmarkRunStore
from promptyard.storage.table.table import Table
from tests.support.doubles.tenancy import As, Tenancy

LABEL = "/api/v1/prompts/billing/parser/labels/production"
BENCHMARKS = "/api/v1/benchmarks"
FLOOR = {"metric": "exact_match", "op": ">=", "value": 0.9}


class Guarded:
    """A prompt with versions, whose label a benchmark guards."""

    def __init__(self, tenancy: Tenancy) -> None:
        self.member, self.admin = As(tenancy, "acme", Role.MEMBER), As(tenancy, "acme", Role.ADMIN)
        dataset = self.member("POST", "/api/v1/datasets", {"name": "q"}).json()["id"]
        self.versions = [self.save(f"Parse {{{{text}}}} {number}") for number in range(3)]
        benchmark = {
            "name": "Parser",
            "dataset_id": dataset,
            "prompt_id": "billing/parser",
            "targets": [{"model": "demo/echo"}],
            "metrics": [{"metric": "exact_match"}],
            "gates": [FLOOR],
            "watch": {"prompt_id": "billing/parser", "label": "production"},
        }
        self.benchmark = self.member("POST", BENCHMARKS, benchmark).json()["id"]
        aws = tenancy.server.aws
        table = Table(aws.clients.dynamodb, aws.names["PROMPTYARD_BENCHMARKS_TABLE"])
        self._runs = DynamoBenchmarkRunStore(table)

    def save(self, content: str) -> str:
        body = {"namespace": "billing", "slug": "parser", "content": content}
        return str(self.member("POST", "/api/v1/playground/save-version", body).json()["version_id"])

    def ran(self, version_id: str, *, passed: bool) -> str:
        run_id = time_ordered_id()
        failed = [] if passed else ["exact_match >= 0.9: 0.5"]
        verdict = VersionVerdict(run_id=run_id, passed=passed, failed_gates=failed)
        asyncio.run(self._runs.note_verdict("acme", self.benchmark, version_id, verdict))
        return run_id

    def move(self, number: int, who: As | None = None, **fields: Any) -> Any:
        return (who or self.member)("PUT", LABEL, {"version_number": number, **fields})


@pytest.fixture
def guarded(tenancy: Tenancy) -> Guarded:
    return Guarded(tenancy)


def test_a_guarded_label_moves_only_to_a_version_that_has_passed(guarded: Guarded) -> None:
    refused = guarded.move(1)
    assert refused.status_code == 409
    error = refused.json()["error"]
    assert (error["code"], error["run_ids"]) == ("conflict", [])
    assert error["failed_gates"] == [f"benchmark {guarded.benchmark} has not been run on this version"]

    run_id = guarded.ran(guarded.versions[0], passed=False)
    error = guarded.move(1).json()["error"]
    assert (error["failed_gates"], error["run_ids"]) == (["exact_match >= 0.9: 0.5"], [run_id])

    guarded.ran(guarded.versions[0], passed=True)
    moved = guarded.move(1)
    assert moved.status_code == 200
    assert moved.json()["labels"]["production"]["version_number"] == 1
    assert guarded.move(2).status_code == 409, "another version's pass is none of its own"
    assert guarded.member.get("/api/v1/prompts/billing%2Fparser")["labels"]["production"]["version_number"] == 1


def test_other_labels_and_other_prompts_are_not_guarded(guarded: Guarded) -> None:
    path = LABEL.replace("production", "staging")
    assert guarded.member("PUT", path, {"version_number": 1}).status_code == 200
    body = {"namespace": "billing", "slug": "other", "content": "Hi"}
    assert guarded.member("POST", "/api/v1/playground/save-version", body).status_code == 201
    other = LABEL.replace("parser", "other")
    assert guarded.member("PUT", other, {"version_number": 1}).status_code == 200


def test_what_guards_no_more_does_not_hold(guarded: Guarded) -> None:
    assert guarded.move(1).status_code == 409
    assert guarded.member("PATCH", f"{BENCHMARKS}/{guarded.benchmark}", {"watch": None}).status_code == 200
    assert guarded.move(1).status_code == 200


def test_an_admin_may_override_and_that_is_in_the_audit(guarded: Guarded) -> None:
    assert guarded.move(2, override=True).status_code == 403
    assert guarded.move(2, guarded.admin).status_code == 409
    run_id = guarded.ran(guarded.versions[1], passed=False)
    assert guarded.move(2, guarded.admin, override=True).status_code == 200
    act = guarded.admin.get("/api/v1/audit")["items"][0]
    assert (act["action"], act["subject"]) == ("label.set", "billing/parser@production")
    assert act["details"]["override"] is True
    assert act["details"]["failed_gates"] == ["exact_match >= 0.9: 0.5"]
    assert act["details"]["run_ids"] == [run_id]
    # To where it is already it moves without anybody's leave.
    assert guarded.move(2).status_code == 200


def test_an_override_of_nothing_is_none_in_the_audit(guarded: Guarded) -> None:
    guarded.ran(guarded.versions[2], passed=True)
    assert guarded.move(3, guarded.admin, override=True).status_code == 200
    assert "override" not in guarded.admin.get("/api/v1/audit")["items"][0]["details"]
