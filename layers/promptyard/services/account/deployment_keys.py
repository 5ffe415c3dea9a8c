"""The deployment's own provider keys where they are secrets: nobody who may look at a function's settings sees them."""

from collections.abc import Mapping

from pydantic import SecretStr

from promptyard.domain.models.catalogue import ProviderInfo
from promptyard.services.account.provider_keys import CACHE_SECONDS, CACHE_SIZE
from promptyard.services.ports.account import DeploymentKeys, SecretValues
from promptyard.services.ttl_cache import TtlCache


class SecretKeys:
    """Implements `services.ports.account.DeploymentKeys`. A key is read when it is needed, and is at most a
    minute old; what is no secret is `plain`'s to know."""

    def __init__(self, secrets: Mapping[str, str], values: SecretValues, plain: DeploymentKeys) -> None:
        """`secrets`: a secret's id by the variable that the provider's own SDK reads. `plain` takes these variables
        for set, so that nothing need be read to tell which providers are ready."""
        self._secrets = secrets
        self._values = values
        self._plain = plain
        self._cache: TtlCache[str, SecretStr] = TtlCache(CACHE_SECONDS, CACHE_SIZE)

    async def key(self, provider: ProviderInfo, *, fresh: bool = False) -> SecretStr | None:
        secret = self._secret_of(provider)
        if secret is None:
            return await self._plain.key(provider)
        value = None if fresh else self._cache.get(secret)
        if value is None:
            started = self._cache.now()
            value = await self._values.value(secret)
            self._cache.put(secret, value, started)
        return value

    def base_url(self, provider: ProviderInfo) -> str | None:
        return self._plain.base_url(provider)

    def missing(self, provider: ProviderInfo) -> str | None:
        return self._plain.missing(provider)

    def _secret_of(self, provider: ProviderInfo) -> str | None:
        return next((self._secrets[name] for name in provider.key_variables if name in self._secrets), None)
