"""The deployment's own provider keys and addresses, from the environment, under the names that each provider's
own SDK reads."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from promptyard.domain.models.catalogue import ProviderInfo
from promptyard.providers.base_urls import base_url_in

_AWS_SIGNS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
"""Any of these says where botocore finds credentials; a function of Lambda always has the first."""


class EnvironmentKeys:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    async def key(self, provider: ProviderInfo, *, fresh: bool = False) -> SecretStr | None:  # noqa: ARG002 - it stays
        found = self._first(provider.key_variables)
        return SecretStr(found) if found else None

    def base_url(self, provider: ProviderInfo) -> str | None:
        for variable in provider.base_url_variables:
            if value := self._first((variable,)):
                return base_url_in(variable, value)
        return provider.base_url

    def missing(self, provider: ProviderInfo) -> str | None:
        """What would have to be set for this provider to be ready, None when it is: a variable's name, or the
        request's field that has to bring it."""
        if provider.requires_key and self._first(provider.key_variables) is None:
            return provider.key_variables[0]
        if provider.wire.uses_aws_credentials and not self._has_aws_credentials():
            return _AWS_SIGNS[0]
        if provider.wire.needs_address and self.base_url(provider) is None:
            return provider.base_url_variables[0] if provider.base_url_variables else "custom_base_url"
        return None

    def _has_aws_credentials(self) -> bool:
        """As far as that shows without asking anybody: an instance's own role does not show."""
        home = Path(self._environment.get("HOME") or "/nonexistent")
        files = [
            Path(self._first(("AWS_SHARED_CREDENTIALS_FILE",)) or home / ".aws/credentials"),
            Path(self._first(("AWS_CONFIG_FILE",)) or home / ".aws/config"),
        ]
        return self._first(_AWS_SIGNS) is not None or any(file.exists() for file in files)

    def _first(self, variables: tuple[str, ...]) -> str | None:
        return next((value for name in variables if (value := self._environment.get(name, "").strip())), None)
