"""The wire of the account group: requests."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, SecretStr

from promptyard.api.requests import Moment, WireRequest, example
from promptyard.domain.account.quotas import UNLIMITED, Quotas
from promptyard.domain.account.tenants import MaxOutputTokens, RetentionDays, is_tenant_id
from promptyard.domain.identifiers import random_id

Name = Annotated[str, Field(min_length=1, max_length=100)]


class KeyRequest(WireRequest):
    """`expires_at` is ISO 8601, in UTC where it has no offset; without it the key lasts until it is revoked."""

    model_config = example({"name": "continuous integration", "role": "member"})

    name: Name
    role: Literal["viewer", "member", "admin"] = "member"
    expires_at: Moment | None = None
    quotas: Quotas = UNLIMITED


class ProviderKeyRequest(WireRequest):
    """`origin` is the scheme, host and port that the key is sent to and no other; needed for a provider that has no
    address of its own."""

    model_config = example({"key": "the-key-that-the-provider-gave-you"})

    key: SecretStr = Field(min_length=1, max_length=2048)
    origin: str | None = Field(None, min_length=1, max_length=300)


def _new_tenant_id(text: str) -> str:
    if not is_tenant_id(text):
        raise ValueError("takes 1 to 64 letters, digits, dots, dashes and underscores, and may not be reserved")
    return text


class TenantSettings(WireRequest):
    """null: no limit."""

    quotas: Quotas = UNLIMITED
    max_output_tokens: MaxOutputTokens | None = None
    retention_days: RetentionDays | None = None
    may_use_deployment_keys: bool = False


class TenantRequest(TenantSettings):
    """Without an `id` one is made."""

    model_config = example({"name": "Acme", "quotas": {"usd_per_month": 50}})

    id: Annotated[str, AfterValidator(_new_tenant_id)] = Field(default_factory=random_id)
    name: Name


class TenantPatch(TenantSettings):
    """What is not given stays as it is, in `quotas` too."""

    model_config = example({"retention_days": 90})

    # No defaults but made ones, which the OpenAPI document does not tell: clients made from it send its defaults.
    name: Name = Field(default_factory=str)
    quotas: Quotas = Field(default_factory=Quotas)
    may_use_deployment_keys: bool = Field(default_factory=bool)

    def changes(self) -> dict[str, Any]:
        """By the names of Tenant, but for its quotas."""
        return self.model_dump(include=self.model_fields_set - {"quotas"})

    def quota_changes(self) -> dict[str, Any]:
        return self.quotas.model_dump(include=self.quotas.model_fields_set)
