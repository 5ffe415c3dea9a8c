"""Nothing is kept ready for what does not exist yet: every table, index, kind of tenant data and key has a writer."""

from collections.abc import Iterator

import pytest

from functions.retention.handler import sweep
from promptyard.domain.account.access import Role
from promptyard.storage.tenant_data.tenant_data import KINDS, Kind
from tests.support.aws.writes import Writes, definition, recorded_writes, unwritten
from tests.support.doubles.tenancy import As, Tenancy
from tests.support.samples.tenant_filling import DEMO, RUN, fill, fill_up

PAST_MONTH = "2025-11"


@pytest.fixture
def writes(tenancy: Tenancy, monkeypatch: pytest.MonkeyPatch) -> Iterator[Writes]:
    """Of a tenant's whole life, over HTTP, and of the schedule's work on it."""
    operator = As(tenancy, "operator", Role.OPERATOR)
    with recorded_writes(tenancy.server.aws, monkeypatch) as writes:
        assert (
            operator("POST", "/api/v1/tenants", {"id": "whole", "name": "Whole", "retention_days": 30}).status_code
            == 201
        )
        admin = As(tenancy, "whole", Role.ADMIN)
        fill(admin, "mine")
        fill_up(tenancy, admin, "mine")
        [prompt] = admin.get("/api/v1/prompts")["items"]
        version = admin.get(f"/api/v1/prompts/{prompt['id']}/versions")["items"][0]["id"]
        saved = {"prompt_id": prompt["id"], "version_id": version, "config": {}, "results": []}
        assert admin("POST", "/api/v1/playground/runs", saved).status_code == 201
        prompted = {**DEMO, "prompt_id": "mine/greeting@production", "variables": {"name": "you"}}
        assert (run := admin("POST", RUN, prompted)).status_code == 200
        assert admin("DELETE", f"/api/v1/playground/runs/{run.json()['id']}").status_code == 204
        cancel_one(tenancy, admin)
        admin.get(f"/api/v1/usage?month={PAST_MONTH}")
        assert admin("POST", "/api/v1/tenant/erase", {"confirm": "whole"}).status_code < 300
        tenancy.run(lambda services: sweep(services, 60))
        yield writes


def cancel_one(tenancy: Tenancy, member: As) -> None:
    slow = {**DEMO, "prompt_text": "one two three", "stream": True, "parameters": {"extra": {"delay_ms": 500}}}
    headers = {"authorization": f"Bearer {member.key}"}
    with tenancy.client.stream("POST", RUN, json=slow, headers=headers) as response:
        path = f"/api/v1/playground/runs/{response.headers['x-run-id']}/cancel"
        assert member("POST", path).json()["status"] == "cancelled"


def test_everything_has_a_writer(writes: Writes) -> None:
    assert unwritten(writes, definition(), KINDS, "whole") == []
    # And what nobody writes would be told.
    planted = {**definition(), "PROMPTYARD_PLANTED_TABLE": [], "PROMPTYARD_USAGE_TABLE": [_index("planted_key")]}
    kinds = (*KINDS, Kind("planted", "runs", "planted", {"inner": "prompt"}))
    writes.built["planted_key"] = {("whole#planted", "one")}
    assert unwritten(writes, planted, kinds, "whole") == [
        "index by_planted_key of PROMPTYARD_USAGE_TABLE",
        "table PROMPTYARD_PLANTED_TABLE",
        "kind planted",
        "kind inner",
        "key planted_key",
    ]


def _index(attribute: str) -> dict[str, object]:
    return {"IndexName": f"by_{attribute}", "KeySchema": [{"AttributeName": attribute}, {"AttributeName": "sk"}]}
