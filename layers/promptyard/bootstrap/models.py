"""Models, providers, and the keys that they are called with."""

from functools import cached_property

from promptyard.aws.secrets import DeploymentSecrets, ProviderSecrets
from promptyard.bootstrap.parts import Part
from promptyard.domain.models.catalogue import Catalogue
from promptyard.domain.models.catalogue_data import load_models
from promptyard.providers.keys import EnvironmentKeys
from promptyard.services.account.deployment_keys import SecretKeys
from promptyard.services.account.provider_keys import StoredProviderKeys, TenantKeys
from promptyard.services.ports.account import DeploymentKeys
from promptyard.services.runs.targets import TargetResolver


class ModelServices(Part):
    aws = ("secretsmanager",)

    @cached_property
    def catalogue(self) -> Catalogue:
        from promptyard.providers.registry import PROVIDERS  # with every wire

        return Catalogue(PROVIDERS, load_models())

    @cached_property
    def deployment_keys(self) -> DeploymentKeys:
        environment, secrets = self._parts.environment, self._parts.settings.provider_secrets
        if not secrets:
            return EnvironmentKeys(environment)
        plain = EnvironmentKeys({**environment, **dict.fromkeys(secrets, "a secret")})
        return SecretKeys(secrets, DeploymentSecrets(self._parts.clients.secretsmanager), plain)

    @cached_property
    def stored_keys(self) -> StoredProviderKeys:
        return StoredProviderKeys(
            ProviderSecrets(
                self._parts.clients.secretsmanager,
                self._parts.settings.secret_prefix,
                self._parts.settings.secrets_key,
            )
        )

    @cached_property
    def keys(self) -> TenantKeys:
        return TenantKeys(self.stored_keys, self._parts.callers.tenants, self.deployment_keys)

    @cached_property
    def resolver(self) -> TargetResolver:
        return TargetResolver(self.catalogue, self.keys)
