"""Whose provider key a call gets, and where that key may go."""

from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from promptyard.domain.account.access import Caller, Role
from promptyard.domain.account.tenants import LOCAL_TENANT, Tenant
from promptyard.domain.errors import InvalidRequest, MissingKey, NotFound, StoreUnavailable
from promptyard.domain.models.catalogue import Catalogue, ProviderInfo
from promptyard.domain.models.messages import user_prompt
from promptyard.domain.models.targets import Parameters, ProviderCall, Target
from promptyard.providers.registry import PROVIDERS
from promptyard.services.account.audit import AuditLog
from promptyard.services.account.provider_keys import CACHE_SECONDS, ProviderKeyService, StoredProviderKeys, TenantKeys
from promptyard.services.account.tenant_directory import TenantDirectory
from promptyard.services.runs.targets import TargetResolver
from tests.support.doubles.account_doubles import Clock, FixedDeploymentKeys, MemoryAudit, MemorySecrets, MemoryTenants

CATALOGUE = Catalogue(PROVIDERS, ())
ROWS = {row.id: row for row in PROVIDERS}
NOW = datetime.now(UTC)
TRUSTED = Tenant(id="trusted", name="t", created_at=NOW, may_use_deployment_keys=True)
PLAIN = Tenant(id="plain", name="p", created_at=NOW)


class Setup:
    def __init__(self) -> None:
        self.secrets = MemorySecrets()
        self.audit = MemoryAudit()
        self.clock = Clock()
        self.stored = StoredProviderKeys(self.secrets)
        self.stored._cache.now = self.clock
        directory = TenantDirectory(MemoryTenants(TRUSTED, PLAIN), built_in=LOCAL_TENANT)
        self.deployment = FixedDeploymentKeys()
        self.keys = TenantKeys(self.stored, directory, self.deployment)
        self.service = ProviderKeyService(self.stored, CATALOGUE, self.deployment.base_url, AuditLog(self.audit))
        self.resolver = TargetResolver(CATALOGUE, self.keys)

    async def store(self, tenant: str, provider: str, key: str, origin: str | None = None) -> None:
        caller = Caller(tenant=tenant, role=Role.ADMIN)
        await self.service.put(caller, provider, SecretStr(key), origin)

    async def call(self, tenant: str, *, own_only: bool = False, **target: object) -> ProviderCall:
        given = Target.model_validate({"provider": "openai", "model": "m", **target})
        model = self.resolver.model(given)
        return await self.resolver.call(tenant, given, model, user_prompt("Hi"), Parameters(), own_keys_only=own_only)

    async def key(self, tenant: str, **given: object) -> str | None:
        key = (await self.call(tenant, **given)).api_key  # type: ignore[arg-type]
        return None if key is None else key.get_secret_value()


@pytest.fixture
def setup() -> Setup:
    return Setup()


async def test_the_order_is_the_requests_the_tenants_the_deployments(setup: Setup) -> None:
    assert await setup.key("trusted") == "sk-deployment"
    await setup.store("trusted", "openai", "sk-tenant")
    assert await setup.key("trusted") == "sk-tenant"
    assert await setup.key("trusted", provider_key="sk-request") == "sk-request"


@pytest.mark.parametrize("tenant", ["plain", "unheard-of"])
async def test_the_deployments_key_serves_only_tenants_that_may_use_it(setup: Setup, tenant: str) -> None:
    with pytest.raises(MissingKey):
        await setup.key(tenant)
    await setup.store(tenant, "openai", "sk-tenant")
    assert await setup.key(tenant) == "sk-tenant"


async def test_the_open_servers_tenant_may_use_it(setup: Setup) -> None:
    assert await setup.key("local") == "sk-deployment"


async def test_where_only_the_tenants_own_keys_serve_the_deployments_does_not(setup: Setup) -> None:
    with pytest.raises(MissingKey):
        await setup.key("trusted", own_only=True)
    await setup.store("trusted", "openai", "sk-tenant")
    assert await setup.key("trusted", own_only=True) == "sk-tenant"


async def test_one_tenants_key_is_not_anothers(setup: Setup) -> None:
    await setup.store("trusted", "openai", "sk-tenant")
    with pytest.raises(MissingKey):
        await setup.key("plain")


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://llm.acme.example/v1", "sk-custom-0001"),
        ("https://llm.acme.example/other/v1", "sk-custom-0001"),
        ("http://llm.acme.example/v1", None),
        ("https://llm.acme.example:8443/v1", None),
        ("https://llm.acme.example.evil.example/v1", None),
        ("https://llm.acme.example@evil.example/v1", None),
        ("https://evil.example/llm.acme.example", None),
    ],
)
async def test_a_key_goes_to_the_origin_it_was_stored_for_and_no_other(setup: Setup, url: str, key: str | None) -> None:
    await setup.store("trusted", "custom", "sk-custom-0001", "https://llm.acme.example")
    assert await setup.key("trusted", provider="custom", custom_base_url=url) == key


async def test_no_stored_key_goes_to_a_callers_address_under_a_providers_name(setup: Setup) -> None:
    await setup.store("trusted", "openai", "sk-tenant")
    assert await setup.key("trusted", custom_base_url="https://evil.example/v1") is None


async def test_a_key_bound_to_another_origin_than_the_providers_is_not_sent_to_the_provider(setup: Setup) -> None:
    await setup.store("plain", "openai", "sk-gateway-01", "https://gateway.example")
    with pytest.raises(MissingKey):
        await setup.key("plain")


ANYWHERE = "https://llm.acme.example/v1"
AT_AN_ADDRESS = [row for row in PROVIDERS if row.id != "custom"]
"""`custom` has none but the caller's."""


@pytest.mark.parametrize("row", AT_AN_ADDRESS, ids=lambda row: row.id)
async def test_what_is_the_deployments_serves_only_tenants_that_may_use_it(setup: Setup, row: ProviderInfo) -> None:
    setup.deployment.address = "https://llm.deployment.example/v1"
    assert (await setup.call("trusted", provider=row.id)).row is row
    assert await setup.keys.missing("trusted", row) is None
    if row.stand_in:
        assert (await setup.call("plain", provider=row.id)).api_key is None, "it is nobody's, and costs nothing"
        return
    with pytest.raises(MissingKey):
        await setup.call("plain", provider=row.id)
    assert await setup.keys.missing("plain", row) is not None


@pytest.mark.parametrize("row", [row for row in PROVIDERS if row.base_url is None], ids=lambda row: row.id)
async def test_where_no_address_is_known_a_key_is_not_what_is_missing(setup: Setup, row: ProviderInfo) -> None:
    """But for what needs none: Bedrock's is the deployment's, whoever asks for it."""
    no_address = row.wire.needs_address
    for tenant in ("trusted", "plain"):
        lent = tenant == "trusted" or no_address or not row.is_the_deployments
        assert await setup.keys.missing(tenant, row) == (None if lent else "may_use_deployment_keys")


async def test_what_a_tenant_stored_is_read_once_a_minute_or_when_it_has_to_be_new(setup: Setup) -> None:
    for seconds, fresh, reads in ((0, False, 1), (59, False, 1), (1, False, 2), (0, True, 3), (59, False, 3)):
        setup.clock.seconds += seconds
        await setup.stored.of("plain", **({"fresh": True} if fresh else {}))
        assert setup.secrets.reads == reads


async def test_what_another_process_stored_meanwhile_is_forgotten_and_counted_too(setup: Setup) -> None:
    assert await setup.stored.of("plain") == {}
    elsewhere = Setup()
    elsewhere.secrets.keys = setup.secrets.keys
    await elsewhere.store("plain", "openai", "sk-tenant")
    assert await setup.stored.forget("plain") == 1
    assert setup.secrets.keys == {}


async def test_what_the_deployment_lacks_is_said_to_who_may_use_it(setup: Setup) -> None:
    setup.deployment._key = None
    assert await setup.keys.missing("trusted", ROWS["openai"]) == "SOME_API_KEY"
    assert await setup.keys.missing("plain", ROWS["openai"]) == "provider_key"
    await setup.store("trusted", "openai", "sk-tenant")
    assert await setup.keys.missing("trusted", ROWS["openai"]) is None


@pytest.mark.parametrize("row", [row for row in PROVIDERS if not row.requires_key], ids=lambda row: row.id)
async def test_a_key_of_the_tenants_own_opens_no_address_that_asks_for_none(setup: Setup, row: ProviderInfo) -> None:
    if not row.wire.takes_key or row.id == "custom":
        return
    setup.deployment.address = "https://llm.deployment.example/v1"
    await setup.store("plain", row.id, "sk-anything", "https://llm.deployment.example")
    for key in (None, "sk-anything"):
        with pytest.raises(MissingKey):
            await setup.call("plain", provider=row.id, provider_key=key)


@pytest.mark.parametrize("row", [row for row in PROVIDERS if row.wire.takes_custom_endpoints], ids=lambda row: row.id)
async def test_an_address_of_the_callers_own_is_open_without_the_right(setup: Setup, row: ProviderInfo) -> None:
    call = await setup.call("plain", provider=row.id, custom_base_url=ANYWHERE)
    assert (call.base_url, call.api_key) == (ANYWHERE, None)


async def test_bedrock_spends_the_deployments_money(setup: Setup) -> None:
    assert await setup.key("trusted", provider="bedrock") is None
    with pytest.raises(MissingKey):
        await setup.call("plain", provider="bedrock")


async def test_demo_needs_nothing_and_reads_nothing(setup: Setup) -> None:
    assert await setup.key("plain", provider="demo") is None
    assert setup.secrets.reads == 0


async def test_when_secrets_cannot_be_read_no_other_key_stands_in(setup: Setup) -> None:
    setup.secrets.failure = StoreUnavailable("down")
    with pytest.raises(StoreUnavailable):
        await setup.key("trusted")


async def test_one_read_a_minute(setup: Setup) -> None:
    for _ in range(20):
        await setup.key("trusted")
    assert setup.secrets.reads == 1
    setup.clock.seconds += CACHE_SECONDS
    await setup.key("trusted")
    assert setup.secrets.reads == 2


async def test_a_stored_key_is_read_anew_when_the_provider_refuses_it(setup: Setup) -> None:
    await setup.store("trusted", "openai", "sk-old")
    call = await setup.call("trusted")
    elsewhere = ProviderKeyService(
        StoredProviderKeys(setup.secrets), CATALOGUE, setup.deployment.base_url, AuditLog(setup.audit)
    )
    await elsewhere.put(Caller(tenant="trusted", role=Role.ADMIN), "openai", SecretStr("sk-new"), None)
    assert await setup.key("trusted") == "sk-old"
    assert call.renew_key is not None
    assert await call.renew_key() == SecretStr("sk-new")
    assert await setup.key("trusted") == "sk-new"
    assert (await setup.call("trusted", provider_key="sk-request")).renew_key is None


async def test_the_deployments_key_is_read_anew_too_where_the_tenant_may_use_it(setup: Setup) -> None:
    trusted, plain = await setup.call("trusted"), await setup.call("trusted", custom_base_url="https://x.example/v1")
    setup.deployment.renewed = "sk-rotated"
    assert trusted.renew_key is not None
    assert await trusted.renew_key() == SecretStr("sk-rotated")
    assert plain.renew_key is not None
    assert await plain.renew_key() is None, "at a caller's address it is never ours"


@pytest.mark.parametrize(
    ("tenant", "provider", "missing"),
    [
        ("trusted", "openai", None),
        ("plain", "openai", "provider_key"),
        ("plain", "demo", None),
        ("plain", "ollama", "may_use_deployment_keys"),
        ("trusted", "ollama", None),
        ("plain", "bedrock", "may_use_deployment_keys"),
        ("trusted", "bedrock", None),
    ],
)
async def test_what_a_tenant_lacks_is_named(setup: Setup, tenant: str, provider: str, missing: str | None) -> None:
    assert await setup.keys.missing(tenant, ROWS[provider]) == missing


async def test_what_a_tenant_lacks_is_looked_up_once_a_minute(setup: Setup) -> None:
    for _ in range(20):
        await setup.keys.missing("plain", ROWS["openai"])
    assert setup.secrets.reads == 1


async def test_an_admin_sees_what_another_process_has_just_stored(setup: Setup) -> None:
    assert await setup.service.all_of("plain") == {}
    elsewhere = ProviderKeyService(
        StoredProviderKeys(setup.secrets), CATALOGUE, setup.deployment.base_url, AuditLog(setup.audit)
    )
    await elsewhere.put(Caller(tenant="plain", role=Role.ADMIN), "openai", SecretStr("sk-new"), None)
    assert list(await setup.service.all_of("plain")) == ["openai"]


async def test_what_a_tenant_has_stored_makes_a_provider_ready(setup: Setup) -> None:
    await setup.store("plain", "openai", "sk-tenant")
    assert await setup.keys.missing("plain", ROWS["openai"]) is None


@pytest.mark.parametrize(
    ("provider", "key", "origin", "error"),
    [
        ("nobody", "sk-1", None, NotFound),
        ("demo", "sk-1", None, InvalidRequest),
        ("bedrock", "sk-1", None, InvalidRequest),
        ("openai", "sk-1\n", None, InvalidRequest),
        ("openai", "sk-é", None, InvalidRequest),
        ("custom", "sk-1", None, InvalidRequest),
        ("custom", "sk-1", "llm.acme.example", InvalidRequest),
        ("custom", "sk-1", "https://user@llm.acme.example", InvalidRequest),
    ],
)
async def test_what_cannot_be_stored(
    setup: Setup, provider: str, key: str, origin: str | None, error: type[Exception]
) -> None:
    with pytest.raises(error) as failure:
        await setup.store("plain", provider, key, origin)
    assert "sk-" not in str(failure.value)
    assert setup.secrets.keys == {}
    assert setup.audit.entries == []


@pytest.mark.parametrize("providers", [[], ["openai"], ["openai", "anthropic", "groq"]])
async def test_what_is_forgotten_is_counted_and_gone_at_once(setup: Setup, providers: list[str]) -> None:
    for provider in providers:
        await setup.store("plain", provider, "sk-own")
    await setup.store("trusted", "openai", "sk-trusted")
    assert set(await setup.stored.of("plain")) == set(providers)
    assert await setup.stored.forget("plain") == len(providers)
    assert await setup.stored.of("plain") == {}
    assert await setup.key("trusted") == "sk-trusted"


async def test_putting_and_removing(setup: Setup) -> None:
    await setup.store("plain", "GEMINI", "g-0123456789")
    await setup.store("plain", "openai", "sk-0123456789")
    admin = Caller(tenant="plain", role=Role.ADMIN)
    stored = await setup.service.all_of("plain")
    assert {name: (key.origin, key.last_four) for name, key in stored.items()} == {
        "google": ("https://generativelanguage.googleapis.com", "6789"),
        "openai": ("https://api.openai.com", "6789"),
    }
    await setup.service.remove(admin, "gemini")
    assert list(await setup.service.all_of("plain")) == ["openai"]
    with pytest.raises(NotFound):
        await setup.service.remove(admin, "google")
    assert setup.audit.acts() == [
        ("plain", "provider_key.stored", "google"),
        ("plain", "provider_key.stored", "openai"),
        ("plain", "provider_key.removed", "google"),
    ]
    assert "0123456789" not in repr(setup.audit.entries)
