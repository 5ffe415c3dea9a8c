"""docs/tenants.md says what works: its requests are sent, its settings read, its numbers those of the code."""

import json
import re
from typing import Any

from promptyard.domain.account.quotas import MAX_RUNS_AT_ONCE
from promptyard.domain.models import estimates
from promptyard.domain.models.estimates import DEFAULT_MAX_OUTPUT_TOKENS
from promptyard.services.account import api_keys
from promptyard.settings import Settings
from tests.support.checks.pages import REPOSITORY, page
from tests.support.doubles.tenancy import As, Tenancy

DOCS = REPOSITORY / "docs"
PAGE = page("docs/tenants.md")


def bodies() -> list[Any]:
    """Of the requests that the page shows, in its order."""
    return [json.loads(body) for body in re.findall(r"-d '(\{.*?\})'", PAGE.text, re.DOTALL)]


def settings() -> list[str]:
    """The JSON of settings, in the page's order."""
    blocks = [block.text for block in PAGE.blocks if block.language == "json"]
    return [block for block in blocks if "tenant_claim" in block or '"kind"' in block]


def test_its_requests_are_taken(tenancy: Tenancy, operator: As) -> None:
    tenant, key, provider_key, collector = bodies()
    made = operator("POST", "/api/v1/tenants", tenant)
    assert made.status_code == 201, made.text
    assert made.json()["quotas"] == {**tenant["quotas"], "runs_at_once": None}
    admin = made.json()["admin_key"]["key"]
    made_key = tenancy.request("POST", "/api/v1/keys", admin, json=key)
    assert (made_key.status_code, made_key.json()["role"]) == (201, "member")
    stored = tenancy.request("PUT", "/api/v1/provider-keys/openai", admin, json=provider_key | {"key": "sk-0123456789"})
    assert stored.status_code == 200, stored.text
    set_collector = tenancy.request("PUT", "/api/v1/telemetry", admin, json=collector)
    assert set_collector.status_code == 200, set_collector.text


def test_its_settings_are_read() -> None:
    issuers, *gateways = settings()
    [issuer] = Settings.from_environment({"PROMPTYARD_JWT_ISSUERS": issuers}).jwt_issuers
    assert issuer.mapped({"org": "acme", "realm_access": {"roles": ["staff"]}}, "ada").role.value == "member"
    kinds = []
    for gateway in gateways:
        found = Settings.from_environment({"PROMPTYARD_GATEWAY_AUTH": gateway}).gateway_auth
        assert found is not None
        kinds.append(found.kind)
    assert kinds == ["authorizer", "iam"]


def test_the_numbers_are_those_of_the_code() -> None:
    for number in (
        f"{estimates.MESSAGE_OVERHEAD} for each message",
        f"{estimates.REQUEST_OVERHEAD:,} for the request",
        f"{estimates.IMAGE_TOKENS_BOUND:,} for an",
        f"{DEFAULT_MAX_OUTPUT_TOKENS:,}, and no more",
    ):
        assert number in PAGE.text, number
    scale = (DOCS / "scale.md").read_text()
    for number in (
        f"{MAX_RUNS_AT_ONCE:,} open runs a tenant",
        f"{api_keys.MAX_METERED_KEYS} API keys",
        f"{api_keys.MAX_COUNTED_KEYS} in a month",
    ):
        assert number in scale, number
    api = (DOCS / "api.md").read_text()
    assert f"at most {api_keys.MAX_KEYS:,} keys, {api_keys.MAX_METERED_KEYS} of them with `quotas`" in api
