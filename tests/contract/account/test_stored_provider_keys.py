"""Provider keys that tenants store, and the runs that are made with them, over real HTTP."""

from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from promptyard.bootstrap.parts import Parts
from promptyard.domain.account.access import Caller, Role
from promptyard.providers.registry import PROVIDERS
from tests.support.doubles.tenancy import As, Tenancy, fields_at_fault
from tests.support.samples.chat_answers import chat_stream, failure
from tests.support.servers.fake_upstream import Answer, FakeUpstream
from tests.support.servers.server import StartServer

PROVIDER_KEYS = "/api/v1/provider-keys"
RUN = "/api/v1/playground/run"


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
        assert fields_at_fault(response) == [field]
        assert "canary" not in response.text


def test_a_provider_that_there_is_not(admin: As) -> None:
    assert admin("PUT", f"{PROVIDER_KEYS}/nobody", {"key": "sk-1"}).status_code == 404
    assert admin("DELETE", f"{PROVIDER_KEYS}/nobody").status_code == 404


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


SETTABLE = [row for row in PROVIDERS if row.base_url_variables]


def test_nothing_of_the_deployments_is_called_for_a_tenant_without_the_right(
    start_server: StartServer, upstream: FakeUpstream
) -> None:
    """Every provider, all of them set up: those that take no key, too."""
    upstream.answer(failure(401, "seen"))
    variables = {"PROMPTYARD_AUTH": "required", "AWS_ACCESS_KEY_ID": "no", "AWS_SECRET_ACCESS_KEY": "no"}
    for row in PROVIDERS:
        variables |= dict.fromkeys(row.key_variables, "sk-deployment")
        variables |= dict.fromkeys(row.base_url_variables, upstream.url)
    tenancy = Tenancy(start_server(variables))
    tenancy.make_tenant("acme")
    tenancy.make_tenant("trusted", may_use_deployment_keys=True)
    acme, trusted = As(tenancy, "acme", Role.ADMIN), As(tenancy, "trusted", Role.ADMIN)
    for row in PROVIDERS:
        body = {"provider": row.id, "model": "echo", "prompt_text": "Hi"}
        refused = acme("POST", RUN, body)
        assert (refused.status_code == 200) == row.stand_in, (row.id, refused.text)
        assert row.stand_in or refused.json()["error"]["code"] in {"missing_key", "validation"}, refused.text
    assert upstream.requests == []
    for row in SETTABLE:
        before = len(upstream.requests)
        trusted("POST", RUN, {"provider": row.id, "model": "m", "prompt_text": "Hi"})
        assert len(upstream.requests) > before, row.id


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

    async def rotate(services: Parts) -> None:
        caller = Caller(tenant="acme", role=Role.ADMIN)
        await services.account.provider_keys.put(caller, "openai", SecretStr("sk-new-0000000"), upstream.url)

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


def test_what_is_the_deployments_is_dialled_for_who_has_the_right_alone(
    start_server: StartServer, upstream: FakeUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every provider there is, all of them at the fake upstream and with a key of the deployment's as far as they take
    one."""
    addressed = {row.base_url_variables[0]: upstream.url for row in PROVIDERS if row.base_url_variables}
    keyed = {row.key_variables[0]: "sk-deployment" for row in PROVIDERS if row.key_variables}
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", upstream.url)
    for name, value in {"REGION": "eu-west-1", "ACCESS_KEY_ID": "test", "SECRET_ACCESS_KEY": "test"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    tenancy = Tenancy(start_server({"PROMPTYARD_AUTH": "required", **addressed, **keyed}))
    tenancy.make_tenant("plain")
    tenancy.make_tenant("trusted", may_use_deployment_keys=True)
    plain, trusted = As(tenancy, "plain", Role.MEMBER), As(tenancy, "trusted", Role.MEMBER)
    dialled = 0
    for row in PROVIDERS:
        upstream.answer(Answer([b"{}"], 400, {"content-type": "application/json"}))
        if row.stand_in:
            continue
        body = {"provider": row.id, "model": "m", "prompt_text": "Hi"}
        refused = plain("POST", RUN, body)
        assert (refused.status_code, upstream.requests) == (422, []), row.id
        if row.base_url_variables or row.wire.uses_aws_credentials:
            assert trusted("POST", RUN, body).status_code != 422, row.id
            assert upstream.requests != [], row.id
            upstream.forget()
            dialled += 1
    assert dialled > 10
