"""API keys and the audit log over real HTTP."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from promptyard.domain.account.api_keys import looks_like_key
from tests.support.doubles.tenancy import As, Tenancy, fields_at_fault
from tests.support.servers.server import RunningServer

KEYS = "/api/v1/keys"
PROVIDER_KEYS = "/api/v1/provider-keys"
TENANTS = "/api/v1/tenants"
AUDIT = "/api/v1/audit"
HISTORY = "/api/v1/playground/history"
RUN = "/api/v1/playground/run"

TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
NO_QUOTAS = {"tokens_per_month": None, "usd_per_month": None, "requests_per_minute": None}


def test_a_key_is_made_shown_once_listed_used_and_revoked(tenancy: Tenancy, admin: As) -> None:
    expires = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    body = {"name": "CI", "role": "viewer", "expires_at": expires, "quotas": {"usd_per_month": 12.5}}
    response = admin("POST", KEYS, body)
    assert response.status_code == 201
    assert response.headers["cache-control"] == "no-store"
    made = response.json()
    key = made.pop("key")
    assert looks_like_key(key)
    assert made == {
        "id": made["id"],
        "name": "CI",
        "role": "viewer",
        "prefix": key[:12],
        "created_at": made["created_at"],
        "created_by": made["created_by"],
        "expires_at": made["expires_at"],
        "last_used_at": None,
        "quotas": {**NO_QUOTAS, "usd_per_month": 12.5},
    }
    assert TIMESTAMP.fullmatch(made["created_at"])
    assert TIMESTAMP.fullmatch(made["expires_at"])
    assert admin.get(KEYS)["items"][0] == made

    assert tenancy.request("GET", HISTORY, key).status_code == 200
    assert tenancy.request("POST", RUN, key, json={}).status_code == 403

    assert admin("DELETE", f"{KEYS}/{made['id']}").status_code == 204
    assert tenancy.request("GET", HISTORY, key).status_code == 401
    assert admin("DELETE", f"{KEYS}/{made['id']}").status_code == 404
    assert key not in admin("GET", KEYS).text + admin("GET", AUDIT).text


def test_a_key_without_wishes_is_a_member_without_end(admin: As) -> None:
    made = admin("POST", KEYS, {"name": "x"}).json()
    assert (made["role"], made["expires_at"], made["quotas"]) == ("member", None, NO_QUOTAS)


def test_an_expiry_without_an_offset_is_utc(admin: As) -> None:
    made = admin("POST", KEYS, {"name": "x", "expires_at": "2099-01-02T03:04:05"}).json()
    assert made["expires_at"] == "2099-01-02T03:04:05.000Z"


WRONG_KEYS: Any = [
    ({}, "name"),
    ({"name": ""}, "name"),
    ({"name": "n" * 101}, "name"),
    ({"name": "n", "role": "operator"}, "role"),
    ({"name": "n", "expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
    ({"name": "n", "expires_at": "soon"}, "expires_at"),
    ({"name": "n", "quotas": {"usd_per_month": -1}}, "usd_per_month"),
    ({"name": "n", "quotas": {"euro": 1}}, "euro"),
    ({"name": "n", "tenant": "other"}, "tenant"),
]


def test_keys_that_cannot_be_made(admin: As) -> None:
    for body, field in WRONG_KEYS:
        assert fields_at_fault(admin("POST", KEYS, body)) == [field]


def test_keys_are_listed_newest_first_and_in_pages(admin: As) -> None:
    made = [admin("POST", KEYS, {"name": f"k{number}"}).json()["id"] for number in range(5)]
    page = admin.get(f"{KEYS}?limit=2&offset=1")
    assert [item["id"] for item in page["items"]] == [made[3], made[2]]
    assert {name: page[name] for name in ("total", "limit", "offset", "next_cursor")} == {
        "total": 6,  # with the admin's own
        "limit": 2,
        "offset": 1,
        "next_cursor": None,
    }
    assert fields_at_fault(admin("GET", f"{KEYS}?limit=0")) == ["limit"]


def test_the_last_use_is_shown(tenancy: Tenancy, admin: As) -> None:
    made = admin("POST", KEYS, {"name": "x"}).json()
    tenancy.request("GET", HISTORY, made["key"])
    end = datetime.now(UTC) + timedelta(seconds=10)
    while (used := admin.get(KEYS)["items"][0]["last_used_at"]) is None:
        assert datetime.now(UTC) < end
    assert TIMESTAMP.fullmatch(used)


def test_the_log_says_who_did_what(admin: As) -> None:
    made = admin("POST", KEYS, {"name": "CI"}).json()
    admin("PUT", f"{PROVIDER_KEYS}/openai", {"key": "sk-0123456789abcd"})
    admin("DELETE", f"{PROVIDER_KEYS}/openai")
    admin("DELETE", f"{KEYS}/{made['id']}")
    own_id = next(item["id"] for item in admin.get(KEYS)["items"])
    entries = admin.get(f"{AUDIT}?limit=4")["items"]
    assert [(entry["action"], entry["subject"]) for entry in entries] == [
        ("key.revoked", made["id"]),
        ("provider_key.removed", "openai"),
        ("provider_key.stored", "openai"),
        ("key.created", made["id"]),
    ]
    assert {entry["actor"] for entry in entries} == {own_id}
    assert {entry["actor_role"] for entry in entries} == {"admin"}
    assert entries[3]["details"] == {"name": "CI", "role": "member", "prefix": made["prefix"], "expires_at": None}
    assert all(TIMESTAMP.fullmatch(entry["at"]) for entry in entries)


def test_the_log_comes_in_pages(admin: As) -> None:
    for number in range(5):
        admin("POST", KEYS, {"name": f"k{number}"})
    whole = [entry["id"] for entry in admin.get(AUDIT)["items"]]
    assert len(whole) == 6
    first = admin.get(f"{AUDIT}?limit=4")
    second = admin.get(f"{AUDIT}?limit=4&cursor={first['next_cursor']}")
    assert [entry["id"] for entry in first["items"] + second["items"]] == whole
    assert second["next_cursor"] is None
    assert [entry["id"] for entry in admin.get(f"{AUDIT}?limit=2&offset=4")["items"]] == whole[4:]
    assert admin("GET", f"{AUDIT}?cursor=x").status_code == 400


def test_open_the_local_user_is_an_admin_and_a_good_key_counts(server: RunningServer) -> None:
    made = server.client.post(KEYS, json={"name": "viewer", "role": "viewer"}).json()
    own = {"authorization": f"Bearer {made['key']}"}
    assert server.client.get(KEYS, headers=own).status_code == 403
    wrong = made["key"][:-1] + ("y" if made["key"].endswith("x") else "x")
    for authorization in ("Bearer sk-of-a-client", "Basic eDp5", f"Bearer {wrong}"):
        assert server.client.get(KEYS, headers={"authorization": authorization}).status_code == 200
    assert server.client.get(TENANTS).status_code == 403
    server.client.delete(f"{KEYS}/{made['id']}")
    assert server.client.get(KEYS, headers=own).status_code == 200  # a key that is no good is ignored


def test_the_document_says_that_a_key_is_needed(server: RunningServer) -> None:
    document = server.client.get("/openapi.json").json()
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    assert document["paths"][KEYS]["get"]["security"] == [{"key": []}]
    assert "security" not in document["paths"]["/health"]["get"]
