"""Keys, provider keys, tenants and the audit log over real HTTP."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from promptyard.bootstrap import Services
from promptyard.domain.access import Caller, Role
from promptyard.domain.api_keys import looks_like_key
from tests.support.chat_answers import chat_stream, failure
from tests.support.fake_upstream import FakeUpstream
from tests.support.server import RunningServer, StartServer
from tests.support.tenancy import Tenancy

KEYS = "/api/v1/keys"
PROVIDER_KEYS = "/api/v1/provider-keys"
TENANTS = "/api/v1/tenants"
AUDIT = "/api/v1/audit"
HISTORY = "/api/v1/playground/history"
RUN = "/api/v1/playground/run"

TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
NO_QUOTAS = {"tokens_per_month": None, "usd_per_month": None, "requests_per_minute": None}


class As:
    """Requests with one key."""

    def __init__(self, tenancy: Tenancy, tenant: str, role: Role) -> None:
        self._tenancy = tenancy
        self.key = tenancy.key(tenant, role)

    def __call__(self, method: str, path: str, body: Any = None) -> httpx.Response:
        more = {} if body is None else {"json": body}
        return self._tenancy.request(method, path, self.key, **more)

    def get(self, path: str) -> Any:
        response = self("GET", path)
        assert response.status_code == 200, response.text
        return response.json()


@pytest.fixture
def admin(tenancy: Tenancy) -> As:
    return As(tenancy, "acme", Role.ADMIN)


@pytest.fixture
def operator(tenancy: Tenancy) -> As:
    return As(tenancy, "operator", Role.OPERATOR)


def loc(response: httpx.Response) -> list[Any]:
    assert response.status_code == 422, response.text
    return [entry["loc"] for entry in response.json()["detail"]]


# --- keys


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
        assert [path[-1] for path in loc(admin("POST", KEYS, body))] == [field]


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
    assert loc(admin("GET", f"{KEYS}?limit=0")) == [["query", "limit"]]


def test_the_last_use_is_shown(tenancy: Tenancy, admin: As) -> None:
    made = admin("POST", KEYS, {"name": "x"}).json()
    tenancy.request("GET", HISTORY, made["key"])
    end = datetime.now(UTC) + timedelta(seconds=10)
    while (used := admin.get(KEYS)["items"][0]["last_used_at"]) is None:
        assert datetime.now(UTC) < end
    assert TIMESTAMP.fullmatch(used)


# --- provider keys


def test_a_provider_key_is_stored_listed_and_forgotten(admin: As) -> None:
    response = admin("PUT", f"{PROVIDER_KEYS}/openai", {"key": "sk-0123456789abcd"})
    assert response.status_code == 200
    stored = response.json()
    assert stored == {
        "provider": "openai",
        "origin": "https://api.openai.com",
        "last_four": "abcd",
        "updated_at": stored["updated_at"],
    }
    assert admin("PUT", f"{PROVIDER_KEYS}/gemini", {"key": "short"}).json()["last_four"] is None
    listed = admin.get(PROVIDER_KEYS)
    assert [(item["provider"], item["last_four"]) for item in listed["items"]] == [("google", None), ("openai", "abcd")]
    assert listed["total"] == 2
    assert admin("DELETE", f"{PROVIDER_KEYS}/openai").status_code == 204
    assert admin("DELETE", f"{PROVIDER_KEYS}/openai").status_code == 404
    assert [item["provider"] for item in admin.get(PROVIDER_KEYS)["items"]] == ["google"]


WRONG_PROVIDER_KEYS: Any = [
    ("openai", {}, "key"),
    ("openai", {"key": ""}, "key"),
    ("openai", {"key": "sk canary"}, "key"),
    ("openai", {"key": "sk-canary\n"}, "key"),
    ("openai", {"key": "c" * 2049}, "key"),
    ("openai", {"key": ["sk-canary"]}, "key"),
    ("openai", {"key": "sk-canary", "origin": "ftp://x.example"}, "origin"),
    ("custom", {"key": "sk-canary"}, "origin"),
    ("demo", {"key": "sk-canary"}, "provider"),
    ("openai", {"key": "sk-canary", "base_url": "https://x.example"}, "base_url"),
]


def test_provider_keys_that_cannot_be_stored(admin: As) -> None:
    for provider, body, field in WRONG_PROVIDER_KEYS:
        response = admin("PUT", f"{PROVIDER_KEYS}/{provider}", body)
        assert [path[-1] for path in loc(response)] == [field]
        assert "canary" not in response.text


def test_a_provider_that_there_is_not(admin: As) -> None:
    assert admin("PUT", f"{PROVIDER_KEYS}/nobody", {"key": "sk-1"}).status_code == 404
    assert admin("DELETE", f"{PROVIDER_KEYS}/nobody").status_code == 404


@pytest.fixture
def upstream() -> Any:
    with FakeUpstream() as upstream:
        yield upstream


@pytest.fixture
def at_upstream(start_server: StartServer, upstream: FakeUpstream) -> Tenancy:
    """OpenAI is the fake upstream, for which the deployment has a key."""
    variables = {"PROMPTYARD_AUTH": "required", "OPENAI_BASE_URL": upstream.url, "OPENAI_API_KEY": "sk-deployment"}
    tenancy = Tenancy(start_server(variables))
    tenancy.make_tenant("acme")
    tenancy.make_tenant("trusted", may_use_deployment_keys=True)
    return tenancy


def run_openai(tenancy: Tenancy, key: str, **more: Any) -> httpx.Response:
    return tenancy.request("POST", RUN, key, json={"model": "openai/m", "prompt_text": "Hi", **more})


def used_key(upstream: FakeUpstream) -> str:
    return upstream.requests[-1].headers["authorization"].removeprefix("Bearer ")


def test_whose_key_a_run_is_made_with(at_upstream: Tenancy, upstream: FakeUpstream) -> None:
    upstream.answer(chat_stream("Hello"))
    acme, trusted = As(at_upstream, "acme", Role.ADMIN), As(at_upstream, "trusted", Role.ADMIN)
    refused = run_openai(at_upstream, acme.key)
    assert refused.status_code == 422
    assert refused.json()["error"]["code"] == "missing_key"
    assert upstream.requests == []
    assert run_openai(at_upstream, trusted.key).status_code == 200
    assert used_key(upstream) == "sk-deployment"
    for tenant, key in ((acme, "sk-of-acme-01"), (trusted, "sk-of-trusted-01")):
        tenant("PUT", f"{PROVIDER_KEYS}/openai", {"key": key})
        assert run_openai(at_upstream, tenant.key).status_code == 200
        assert used_key(upstream) == key
    assert run_openai(at_upstream, acme.key, provider_key="sk-of-request").status_code == 200
    assert used_key(upstream) == "sk-of-request"


def test_a_key_that_was_rotated_elsewhere_is_found_when_the_provider_refuses_the_old_one(
    at_upstream: Tenancy, upstream: FakeUpstream
) -> None:
    acme = As(at_upstream, "acme", Role.ADMIN)
    upstream.answer(
        lambda request: (
            chat_stream("Hello") if "new" in request.headers["authorization"] else failure(401, "no such key")
        )
    )
    acme("PUT", f"{PROVIDER_KEYS}/openai", {"key": "sk-old-0000000"})
    assert run_openai(at_upstream, acme.key).status_code == 502

    async def rotate(services: Services) -> None:
        caller = Caller(tenant="acme", role=Role.ADMIN)
        await services.provider_keys.put(caller, "openai", SecretStr("sk-new-0000000"), upstream.url)

    at_upstream.run(rotate)
    upstream.requests.clear()
    assert run_openai(at_upstream, acme.key).status_code == 200
    assert [request.headers["authorization"] for request in upstream.requests] == [
        "Bearer sk-old-0000000",
        "Bearer sk-new-0000000",
    ]


def test_the_raw_against_compressed_comparison_takes_a_stored_key(at_upstream: Tenancy, upstream: FakeUpstream) -> None:
    upstream.answer(chat_stream("Hello"))
    trusted = As(at_upstream, "trusted", Role.ADMIN)
    body = {"prompt": "Explain.", "provider": "openai", "model": "m", "intensity": "lite"}
    path = "/v1/playground/compare"
    assert trusted("POST", path, body).status_code == 400  # the deployment's key does not serve this
    assert upstream.requests == []
    trusted("PUT", f"{PROVIDER_KEYS}/openai", {"key": "sk-of-trusted-01"})
    assert trusted("POST", path, body).status_code == 200
    assert used_key(upstream) == "sk-of-trusted-01"


# --- tenants


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
    ({"name": "n", "max_output_tokens": 0}, "max_output_tokens"),
    ({"name": "n", "retention_days": -1}, "retention_days"),
    ({"name": "n", "may_use_deployment_keys": None}, "may_use_deployment_keys"),
    ({"name": "n", "quotas": None}, "quotas"),
]


def test_tenants_that_cannot_be_made(operator: As) -> None:
    for body, field in WRONG_TENANTS:
        assert [path[-1] for path in loc(operator("POST", TENANTS, body))] == [field]


WRONG_CHANGES: Any = [({"id": "x"}, "id"), ({"name": None}, "name"), ({"name": ""}, "name"), ({"x": 1}, "x")]


def test_changes_that_cannot_be_made(operator: As) -> None:
    for body, field in WRONG_CHANGES:
        assert [path[-1] for path in loc(operator("PATCH", f"{TENANTS}/acme", body))] == [field]


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


# --- audit


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


# --- open


def test_open_the_local_user_is_an_admin_and_a_good_key_counts(server: RunningServer) -> None:
    made = server.client.post(KEYS, json={"name": "viewer", "role": "viewer"}).json()
    own = {"authorization": f"Bearer {made['key']}"}
    assert server.client.get(KEYS, headers=own).status_code == 403
    for authorization in ("Bearer sk-of-a-client", "Basic eDp5", f"Bearer {made['key'][:-1]}x"):
        assert server.client.get(KEYS, headers={"authorization": authorization}).status_code == 200
    assert server.client.get(TENANTS).status_code == 403
    server.client.delete(f"{KEYS}/{made['id']}")
    assert server.client.get(KEYS, headers=own).status_code == 200  # a key that is no good is ignored


def test_the_document_says_that_a_key_is_needed(server: RunningServer) -> None:
    document = server.client.get("/openapi.json").json()
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    assert document["paths"][KEYS]["get"]["security"] == [{"key": []}]
    assert "security" not in document["paths"]["/health"]["get"]
