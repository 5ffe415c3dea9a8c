"""Which credential counts, in every way that the API can run."""

from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi import Request

from promptyard.api.auth.credentials import Credentials, OpenToAll
from promptyard.domain.account.access import LOCAL_CALLER, Caller, Role
from promptyard.domain.account.api_keys import make_key
from promptyard.domain.account.claims import GatewayAuthorizer, GatewayIam, JwtIssuer
from promptyard.domain.account.tenants import LOCAL_TENANT, Tenant
from promptyard.domain.errors import StoreUnavailable, Unauthenticated
from promptyard.services.account.api_keys import ApiKeys
from promptyard.services.account.audit import AuditLog
from promptyard.services.account.key_directory import KeyDirectory
from promptyard.services.account.tenant_directory import TenantDirectory
from tests.support.doubles.account_doubles import MemoryApiKeys, MemoryAudit, MemoryTenants
from tests.support.servers.token_issuer import setting, token

ACME = Tenant(id="acme", name="Acme", created_at=datetime.now(UTC))
ADMIN = Caller(tenant="acme", role=Role.ADMIN)


@pytest.fixture
def store() -> MemoryApiKeys:
    return MemoryApiKeys()


@pytest.fixture
def keys(store: MemoryApiKeys) -> KeyDirectory:
    return KeyDirectory(store)


@pytest.fixture
def credentials(keys: KeyDirectory) -> Credentials:
    return Credentials(keys, TenantDirectory(MemoryTenants(ACME)), [JwtIssuer.model_validate(setting())])


def request(authorization: str | None = None, context: Any = None, *, api_key: str | None = None) -> Request:
    given = {b"authorization": authorization, b"x-api-key": api_key}
    headers = [(name, value.encode("latin-1")) for name, value in given.items() if value is not None]
    scope: dict[str, Any] = {"type": "http", "headers": headers}
    if context is not None:
        scope["aws.event"] = {"requestContext": context}
    return Request(scope)


@pytest.fixture
async def key(store: MemoryApiKeys, keys: KeyDirectory) -> str:
    async def none_counted(_: str) -> set[str]:
        return set()

    made = await ApiKeys(store, keys, AuditLog(MemoryAudit()), none_counted).make(ADMIN, name="k", role=Role.MEMBER)
    return made.secret.get_secret_value()


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Token", "token"])
async def test_a_key(credentials: Credentials, keys: KeyDirectory, key: str, scheme: str) -> None:
    caller = await credentials(request(f"{scheme} {key}"))
    assert (caller.tenant, caller.role) == ("acme", Role.MEMBER)


async def test_a_key_in_a_header_of_its_own(credentials: Credentials, keys: KeyDirectory, key: str) -> None:
    assert (await credentials(request(api_key=key))).tenant == "acme"
    assert (await OpenToAll(keys)(request(api_key=key))).tenant == "acme"
    assert (await credentials(request("Basic eA==", api_key=key))).tenant == "acme"
    for given in ("", " ", key[:-1], "sk-of-another"):
        assert await OpenToAll(keys)(request(api_key=given)) == LOCAL_CALLER
        with pytest.raises(Unauthenticated):
            await credentials(request(api_key=given))


async def test_a_token(credentials: Credentials) -> None:
    assert await credentials(request(f"Bearer {token()}")) == Caller(tenant="acme", role=Role.MEMBER, id="someone")


@pytest.mark.parametrize("given", [None, "", "Bearer", "Bearer ", "Basic {key}", "{key}", "Bearer {key} x", "Bearer é"])
async def test_what_is_no_credential(credentials: Credentials, keys: KeyDirectory, key: str, given: str | None) -> None:
    with pytest.raises(Unauthenticated):
        await credentials(request(given and given.replace("{key}", key)))


async def test_an_issuer_cannot_make_tenants_up(credentials: Credentials) -> None:
    for tenant in ("another", "local", "operator", "acme#x", ""):
        with pytest.raises(Unauthenticated):
            await credentials(request(f"Bearer {token(org=tenant)}"))


async def test_when_the_store_does_not_answer_nobody_comes_in(
    credentials: Credentials, keys: KeyDirectory, key: str, store: MemoryApiKeys
) -> None:
    store.failure = StoreUnavailable("down")
    with pytest.raises(StoreUnavailable):
        await credentials(request(f"Bearer {key}"))


async def test_open_everybody_is_the_local_user(keys: KeyDirectory) -> None:
    unknown = make_key().get_secret_value()
    for given in (
        None,
        "Bearer nonsense",
        "Basic x",
        f"Bearer {unknown}",
        f"Bearer {token()}",
        "Bearer sk-of-a-client",
    ):
        assert await OpenToAll(keys)(request(given)) is LOCAL_CALLER


async def test_open_a_good_key_sets_tenant_and_role(keys: KeyDirectory, key: str) -> None:
    caller = await OpenToAll(keys)(request(f"Bearer {key}"))
    assert (caller.tenant, caller.role) == ("acme", Role.MEMBER)


async def test_open_a_good_key_is_not_taken_for_none_while_the_store_does_not_answer(
    keys: KeyDirectory, key: str, store: MemoryApiKeys
) -> None:
    store.failure = StoreUnavailable("down")
    with pytest.raises(StoreUnavailable):
        await OpenToAll(keys)(request(f"Bearer {key}"))


AUTHORIZER = GatewayAuthorizer.model_validate({"kind": "authorizer", "tenant_claim": "org", "role_claim": "role"})
ROLE_ARN = "arn:aws:sts::123456789012:assumed-role/Acme/me"
IAM = GatewayIam.model_validate({"kind": "iam", "principals": [{"arn": ROLE_ARN, "tenant": "acme", "role": "viewer"}]})


def behind(keys: KeyDirectory, gateway: GatewayAuthorizer | GatewayIam) -> Credentials:
    issuers = [JwtIssuer.model_validate(setting())]
    return Credentials(keys, TenantDirectory(MemoryTenants(ACME)), issuers, gateway)


@pytest.mark.parametrize(
    "authorizer",
    [
        {"principalId": "someone", "org": "acme", "role": "member", "integrationLatency": 12},
        {"claims": {"sub": "someone", "org": "acme", "role": "viewer,member", "aud": "x"}},
    ],
    ids=["Lambda authorizer", "Cognito"],
)
async def test_the_gateways_authorizer_names_the_caller(keys: KeyDirectory, authorizer: dict[str, Any]) -> None:
    caller = await behind(keys, AUTHORIZER)(request(None, {"authorizer": authorizer}))
    assert caller == Caller(tenant="acme", role=Role.MEMBER, id="someone")


async def test_the_gateways_iam_names_the_caller(keys: KeyDirectory) -> None:
    caller = await behind(keys, IAM)(request(None, {"identity": {"userArn": ROLE_ARN}}))
    assert caller == Caller(tenant="acme", role=Role.VIEWER, id=ROLE_ARN)


@pytest.mark.parametrize(
    "context",
    [
        None,
        {},
        {"authorizer": None},
        {"authorizer": {}},
        {"authorizer": {"principalId": "someone"}},
        {"authorizer": {"principalId": "someone", "org": "another", "role": "admin"}},
        {"authorizer": {"claims": {"org": "acme", "role": "admin"}}},
        {"authorizer": "acme"},
        {"identity": {"userArn": ROLE_ARN + "x"}},
        {"identity": None},
        "context",
    ],
)
@pytest.mark.parametrize("gateway", [AUTHORIZER, IAM], ids=["authorizer", "iam"])
async def test_without_the_gateways_word_nobody_comes_in(
    keys: KeyDirectory, key: str, gateway: GatewayAuthorizer | GatewayIam, context: Any
) -> None:
    for given in (None, f"Bearer {token()}", f"Bearer {key}"):
        with pytest.raises(Unauthenticated):
            await behind(keys, gateway)(request(given, context))


@pytest.mark.parametrize("context", [None, {}, {"authorizer": {}}, {"authorizer": "acme"}])
async def test_past_the_gateways_authorizer_a_credential_is_asked_for(keys: KeyDirectory, context: Any) -> None:
    with pytest.raises(Unauthenticated, match="A credential is needed"):
        await behind(keys, AUTHORIZER)(request(None, context))


async def test_without_the_setting_the_event_says_nothing(credentials: Credentials) -> None:
    context = {"authorizer": {"principalId": "s", "org": "acme", "role": "admin"}, "identity": {"userArn": ROLE_ARN}}
    with pytest.raises(Unauthenticated):
        await credentials(request(None, context))


async def test_the_local_tenant_is_nobodys_where_keys_are_required() -> None:
    assert await TenantDirectory(MemoryTenants()).find("local") is None
    assert await TenantDirectory(MemoryTenants(), built_in=LOCAL_TENANT).find("local") is LOCAL_TENANT
