"""Provider keys in Secrets Manager: one secret a tenant, of whose changes none is lost."""

import asyncio
import traceback
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from pydantic import SecretStr

from promptyard.aws.secrets import CHANGE_ATTEMPTS, ProviderSecrets, _to_text
from promptyard.domain.account.provider_keys import ProviderKey
from promptyard.domain.errors import Conflict, StoreUnavailable, TooLarge
from promptyard_local.aws import LocalAws
from tests.support.aws.local_aws import counted_requests

CANARY = "sk-canary-81d2"


def key(text: str = CANARY) -> ProviderKey:
    return ProviderKey(key=SecretStr(text), origin="https://api.example", updated_at=datetime.now(UTC))


@pytest.fixture
def secrets(local_aws: LocalAws) -> ProviderSecrets:
    return ProviderSecrets(local_aws.clients.secretsmanager, "promptyard/")


async def put(secrets: ProviderSecrets, tenant: str, **new: ProviderKey) -> None:
    await secrets.change(tenant, lambda keys: {**keys, **new})


async def test_a_tenants_keys_come_back_as_they_were(secrets: ProviderSecrets) -> None:
    assert await secrets.read("acme") == {}
    first, second = key("sk-1"), key("sk-2")
    await put(secrets, "acme", openai=first)
    await put(secrets, "acme", google=second)
    assert await secrets.read("acme") == {"openai": first, "google": second}
    assert await secrets.read("other") == {}
    await secrets.change("acme", lambda _: {})
    assert await secrets.read("acme") == {}


@pytest.mark.parametrize("encrypted_by", [None, "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"])
async def test_a_secret_is_made_with_the_deployments_key(local_aws: LocalAws, encrypted_by: str | None) -> None:
    asked: list[dict[str, Any]] = []
    client = local_aws.clients.secretsmanager()

    def note(params: dict[str, Any], **_: Any) -> None:
        asked.append(params)

    client.meta.events.register("provide-client-params.secretsmanager.CreateSecret", note)
    try:
        await put(ProviderSecrets(lambda: client, "promptyard/", encrypted_by), "acme", openai=key())
    finally:
        client.meta.events.unregister("provide-client-params.secretsmanager.CreateSecret", note)
    assert [params.get("KmsKeyId") for params in asked] == [encrypted_by]


async def test_a_tenant_has_one_secret(local_aws: LocalAws, secrets: ProviderSecrets) -> None:
    for provider in ("openai", "google", "mistral"):
        await put(secrets, "acme", **{provider: key()})
    with counted_requests(local_aws.clients.secretsmanager()) as requests:
        await secrets.read("acme")
    assert requests == {"GetSecretValue": 1}
    name = "promptyard/acme/provider-keys"
    assert local_aws.clients.secretsmanager().get_secret_value(SecretId=name)["Name"] == name


async def test_of_changes_made_at_once_none_is_lost(secrets: ProviderSecrets) -> None:
    """Also of the first ones, of which each would make the secret."""
    providers = [f"p{number}" for number in range(8)]
    for _ in range(3):
        results = await asyncio.gather(
            *(put(secrets, "acme", **{provider: key()}) for provider in providers), return_exceptions=True
        )
        refused = {name for name, result in zip(providers, results, strict=True) if isinstance(result, Conflict)}
        assert [result for result in results if result is not None and not isinstance(result, Conflict)] == []
        assert set(await secrets.read("acme")) >= set(providers) - refused
        await secrets.change("acme", lambda _: {})


async def test_a_change_is_made_again_on_what_another_wrote_meanwhile(
    secrets: ProviderSecrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put(secrets, "acme", openai=key())
    replace = secrets._replace
    outcomes: list[bool] = []

    def overtaken_once(name: str, replaced: str, text: str) -> bool:
        if not outcomes:
            assert replace(name, replaced, _to_text({"openai": key(), "google": key()}))
        outcomes.append(replace(name, replaced, text))
        return outcomes[-1]

    monkeypatch.setattr(secrets, "_replace", overtaken_once)
    await put(secrets, "acme", mistral=key())
    assert outcomes == [False, True]
    assert set(await secrets.read("acme")) == {"openai", "google", "mistral"}


async def test_who_is_always_overtaken_is_told(secrets: ProviderSecrets, monkeypatch: pytest.MonkeyPatch) -> None:
    await put(secrets, "acme", openai=key())
    tries: list[str] = []

    def overtaken(name: str, replaced: str, text: str) -> bool:
        tries.append(replaced)
        return False

    async def at_once(_: float) -> None:
        return None

    monkeypatch.setattr(secrets, "_replace", overtaken)
    monkeypatch.setattr(asyncio, "sleep", at_once)
    with pytest.raises(Conflict):
        await put(secrets, "acme", google=key())
    assert len(tries) == CHANGE_ATTEMPTS


async def test_more_than_a_secret_holds(secrets: ProviderSecrets) -> None:
    with pytest.raises(TooLarge):
        await put(secrets, "acme", openai=key("k" * 70_000))
    assert await secrets.read("acme") == {}


class Failing:
    class exceptions:  # noqa: N801 - boto3's name
        class ResourceNotFoundException(Exception): ...

    def __init__(self, error: Exception) -> None:
        self._error = error

    def get_secret_value(self, **_: Any) -> Any:
        raise self._error


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="https://secretsmanager.example"),
        ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetSecretValue"),
        ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow"}}, "GetSecretValue"),
    ],
)
async def test_what_cannot_be_read_is_no_empty_list(error: Exception) -> None:
    client: Any = Failing(error)
    with pytest.raises(StoreUnavailable) as failure:
        await ProviderSecrets(lambda: client, "promptyard/").read("acme")
    assert failure.value.retry_after is not None


async def test_a_failure_does_not_quote_the_keys(local_aws: LocalAws) -> None:
    """Botocore quotes the value of a parameter that it refuses."""
    secrets = ProviderSecrets(local_aws.clients.secretsmanager, "")
    client = local_aws.clients.secretsmanager()

    def quote(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "InvalidRequestException", "Message": CANARY}}, "CreateSecret")

    client.meta.events.register("before-call.secretsmanager.CreateSecret", quote)
    try:
        with pytest.raises(StoreUnavailable) as failure:
            await put(secrets, "acme", openai=key())
    finally:
        client.meta.events.unregister("before-call.secretsmanager.CreateSecret", quote)
    assert CANARY not in "".join(traceback.format_exception(failure.value))
