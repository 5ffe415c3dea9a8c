"""Tenants, as operators manage them, over real HTTP."""

from typing import Any

from tests.support.doubles.tenancy import As, Tenancy, fields_at_fault

KEYS = "/api/v1/keys"
TENANTS = "/api/v1/tenants"
AUDIT = "/api/v1/audit"

NO_QUOTAS = dict.fromkeys(("tokens_per_month", "usd_per_month", "requests_per_minute", "runs_at_once"))


def test_a_tenant_is_made_with_its_first_key_changed_and_listed(tenancy: Tenancy, operator: As) -> None:
    response = operator("POST", TENANTS, {"id": "new", "name": "New", "quotas": {"tokens_per_month": 1000}})
    assert response.status_code == 201
    assert response.headers["cache-control"] == "no-store"
    made = response.json()
    admin_key = made.pop("admin_key")
    assert made == {
        "id": "new",
        "name": "New",
        "created_at": made["created_at"],
        "quotas": {**NO_QUOTAS, "tokens_per_month": 1000},
        "max_output_tokens": None,
        "retention_days": None,
        "may_use_deployment_keys": False,
        "status": "active",
    }
    assert admin_key["role"] == "admin"
    assert tenancy.request("GET", KEYS, admin_key["key"]).json()["total"] == 1

    change = {"quotas": {"usd_per_month": 3.25, "tokens_per_month": None}, "retention_days": 30}
    changed = operator("PATCH", f"{TENANTS}/new", change)
    assert changed.status_code == 200
    assert changed.json() == made | {"quotas": {**NO_QUOTAS, "usd_per_month": 3.25}, "retention_days": 30}
    assert operator("PATCH", f"{TENANTS}/new", {}).json() == changed.json()
    assert operator.get(f"{TENANTS}/new") == changed.json()
    assert [item["id"] for item in operator.get(TENANTS)["items"]] == ["acme", "new", "other"]
    actions = [entry["action"] for entry in tenancy.request("GET", AUDIT, admin_key["key"]).json()["items"]]
    assert actions == ["tenant.changed", "key.created", "tenant.created"]


def test_a_tenants_id_is_made_where_none_is_given_and_taken_once(operator: As) -> None:
    made = operator("POST", TENANTS, {"name": "A"}).json()
    assert operator.get(f"{TENANTS}/{made['id']}")["name"] == "A"
    again = operator("POST", TENANTS, {"id": made["id"], "name": "B"})
    assert again.status_code == 409
    assert operator.get(f"{TENANTS}/{made['id']}")["name"] == "A"


WRONG_TENANTS: Any = [
    ({}, "name"),
    ({"name": "n", "id": "a#b"}, "id"),
    ({"name": "n", "id": "operator"}, "id"),
    ({"name": "n", "id": "local"}, "id"),
    ({"name": "n", "id": ""}, "id"),
    ({"name": "n", "quotas": {"runs_at_once": 0}}, "runs_at_once"),
    ({"name": "n", "quotas": {"runs_at_once": 1_001}}, "runs_at_once"),
    ({"name": "n", "max_output_tokens": 0}, "max_output_tokens"),
    ({"name": "n", "retention_days": -1}, "retention_days"),
]


def test_tenants_that_cannot_be_made(operator: As) -> None:
    for body, field in WRONG_TENANTS:
        assert fields_at_fault(operator("POST", TENANTS, body)) == [field]


WRONG_CHANGES: Any = [({"id": "x"}, "id"), ({"name": ""}, "name"), ({"x": 1}, "x")]


def test_changes_that_cannot_be_made(operator: As) -> None:
    for body, field in WRONG_CHANGES:
        assert fields_at_fault(operator("PATCH", f"{TENANTS}/acme", body)) == [field]


NO_TENANTS: Any = ["nobody", "a%23b", "operator", "local", "x" * 3000]


def test_tenants_that_there_are_not(operator: As) -> None:
    for tenant_id in NO_TENANTS:
        assert operator("GET", f"{TENANTS}/{tenant_id}").status_code == 404
        assert operator("PATCH", f"{TENANTS}/{tenant_id}", {"name": "x"}).status_code == 404


def test_tenants_come_in_pages(operator: As) -> None:
    for number in range(4):
        operator("POST", TENANTS, {"id": f"t{number}", "name": "T"})
    seen, cursor = [], ""
    while cursor is not None:
        page = operator.get(f"{TENANTS}?limit=4{cursor and '&cursor=' + cursor}")
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert seen == ["acme", "other", "t0", "t1", "t2", "t3"]
    assert operator("GET", f"{TENANTS}?cursor=x").status_code == 400
