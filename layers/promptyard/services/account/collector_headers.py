"""The headers of the deployment's collector where they are a secret: nobody who may look at a function's settings sees
them."""

from collections.abc import Mapping

from promptyard.domain.otlp import parse_headers
from promptyard.services.account.provider_keys import CACHE_SECONDS
from promptyard.services.ports.account import SecretValues
from promptyard.services.ttl_cache import TtlCache


class SecretHeaders:
    """Read when they are needed, and at most a minute old."""

    def __init__(self, secret: str, values: SecretValues) -> None:
        self._secret = secret
        self._values = values
        self._cache: TtlCache[str, Mapping[str, str]] = TtlCache(CACHE_SECONDS, 1)

    async def headers(self) -> Mapping[str, str]:
        """Raises StoreUnavailable, and ValueError where the secret holds no headers."""
        headers = self._cache.get(self._secret)
        if headers is None:
            started = self._cache.now()
            headers = parse_headers((await self._values.value(self._secret)).get_secret_value())
            self._cache.put(self._secret, headers, started)
        return headers
