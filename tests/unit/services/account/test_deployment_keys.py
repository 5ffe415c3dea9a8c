"""The deployment's own keys as secrets."""

import pytest
from pydantic import SecretStr

from promptyard.bootstrap.whole import whole
from promptyard.domain.errors import StoreUnavailable
from promptyard.providers.keys import EnvironmentKeys
from promptyard.providers.registry import PROVIDERS
from promptyard.services.account.deployment_keys import SecretKeys
from promptyard.settings import Settings
from promptyard_local.aws import LocalAws
from tests.support.aws.local_aws import counted_requests

ROWS = {row.id: row for row in PROVIDERS}
SECRETS = {"OPENAI_API_KEY": "arn:openai", "AZURE_OPENAI_API_KEY": "arn:azure"}


class Values:
    def __init__(self) -> None:
        self.values = {"arn:openai": SecretStr("sk-1"), "arn:azure": SecretStr("a-1")}
        self.reads = 0

    async def value(self, secret: str) -> SecretStr:
        self.reads += 1
        return self.values[secret]


async def test_a_key_is_read_when_it_is_needed_and_kept_for_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    values = Values()
    keys = SecretKeys(SECRETS, values, EnvironmentKeys({"ANTHROPIC_API_KEY": "plain", "OPENAI_API_KEY": "older"}))
    assert values.reads == 0
    for _ in range(2):
        assert await keys.key(ROWS["openai"]) == SecretStr("sk-1")
    assert values.reads == 1
    values.values["arn:openai"] = SecretStr("sk-2")
    now = keys._cache.now() + 61
    monkeypatch.setattr(keys._cache, "now", lambda: now)
    assert await keys.key(ROWS["openai"]) == SecretStr("sk-2")
    assert await keys.key(ROWS["anthropic"]) == SecretStr("plain")
    assert await keys.key(ROWS["mistral"]) is None
    assert values.reads == 2


async def test_a_key_is_read_anew_where_the_provider_refused_it() -> None:
    values = Values()
    keys = SecretKeys(SECRETS, values, EnvironmentKeys({"ANTHROPIC_API_KEY": "plain"}))
    assert await keys.key(ROWS["openai"]) == SecretStr("sk-1")
    values.values["arn:openai"] = SecretStr("sk-2")
    assert await keys.key(ROWS["openai"], fresh=True) == SecretStr("sk-2")
    assert await keys.key(ROWS["openai"]) == SecretStr("sk-2")
    assert await keys.key(ROWS["anthropic"], fresh=True) == SecretStr("plain")
    assert values.reads == 2


async def test_the_services_read_the_secrets_that_the_settings_name(local_aws: LocalAws) -> None:
    local_aws.clients.secretsmanager().create_secret(Name="our-openai-key", SecretString=" sk-ours\n")
    variables = {"PROMPTYARD_PROVIDER_SECRETS": '{"OPENAI_API_KEY": "our-openai-key", "MISTRAL_API_KEY": "not-there"}'}
    services = whole(Settings.from_environment(variables), local_aws.names, local_aws.clients)
    assert await services.models.deployment_keys.key(ROWS["openai"]) == SecretStr("sk-ours")
    with pytest.raises(StoreUnavailable):
        await services.models.deployment_keys.key(ROWS["mistral"])


@pytest.mark.parametrize(
    ("provider", "missing"),
    [("openai", None), ("azure", "AZURE_OPENAI_ENDPOINT"), ("mistral", "MISTRAL_API_KEY"), ("demo", None)],
)
def test_what_is_missing_is_known_without_reading(local_aws: LocalAws, provider: str, missing: str | None) -> None:
    variables = {"PROMPTYARD_PROVIDER_SECRETS": '{"OPENAI_API_KEY": "not-there", "AZURE_OPENAI_API_KEY": "nor-this"}'}
    services = whole(Settings.from_environment(variables), local_aws.names, local_aws.clients)
    with counted_requests(local_aws.clients.secretsmanager()) as requests:
        assert services.models.deployment_keys.missing(ROWS[provider]) == missing
    assert not requests
