"""The wire of the account group: requests."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, SecretStr

from promptyard.api.requests import Moment, WireRequest, example
from promptyard.domain.account.quotas import NO_QUOTAS, UNLIMITED, Quotas, TenantQuotas
from promptyard.domain.account.tenants import MaxOutputTokens, RetentionDays, is_tenant_id
from promptyard.domain.identifiers import random_id

Name = Annotated[str, Field(min_length=1, max_length=100)]


HeaderName = Annotated[str, Field(min_length=1, max_length=100)]
HeaderValue = Annotated[SecretStr, Field(min_length=1, max_length=2048)]


class KeyRequest(WireRequest):
    """`expires_at` is ISO 8601, in UTC where it has no offset; without it the key lasts until it is revoked."""

    model_config = example({"name": "continuous integration", "role": "member"})

    name: Name
    """What to call the key, from 1 to 100 characters."""
    role: Literal["viewer", "member", "admin"] = "member"
    """What the key may do."""
    expires_at: Moment | None = None
    """When the key ends: ISO 8601, in UTC where it has no offset. Without it the key lasts until it is revoked."""
    quotas: Quotas = UNLIMITED
    """The key's own limits, beside its tenant's."""


class ProviderKeyRequest(WireRequest):
    """`origin` is the scheme, host and port that the key is sent to and no other; needed for a provider that has no
    address of its own."""

    model_config = example({"key": "the-key-that-the-provider-gave-you"})

    key: SecretStr = Field(min_length=1, max_length=2048)
    """The provider's key, from 1 to 2,048 characters. It is never shown again but for its last four characters."""
    origin: str | None = Field(None, min_length=1, max_length=300)
    """The scheme, host and port that the key is sent to, and no other; needed for a provider that has no address of its
    own."""


class CollectorRequest(WireRequest):
    """A collector that takes OTLP over HTTP in JSON. It takes the place of the one that there is, headers and all."""

    model_config = example(
        {
            "endpoint": "https://cloud.langfuse.com/api/public/otel",
            "headers": {"Authorization": "Basic the-keys-that-it-gave-you"},
        }
    )

    endpoint: str = Field(min_length=1, max_length=2048)
    """The collector's address, up to 2,048 characters, without the `/v1/traces` that is asked below it. `https`, and
    public, unless the deployment lets callers name other addresses."""
    headers: dict[HeaderName, HeaderValue] = Field({}, max_length=20)
    """Up to 20 headers that go along, of visible ASCII, such as `Authorization`. Their values are never shown again."""
    content: bool = False
    """Whether spans have what was said and answered; of a run that a guard has blocked they never have."""


def _new_tenant_id(text: str) -> str:
    if not is_tenant_id(text):
        raise ValueError("takes 1 to 64 letters, digits, dots, dashes and underscores, and may not be reserved")
    return text


class TenantSettings(WireRequest):
    """null: no limit."""

    quotas: TenantQuotas = NO_QUOTAS
    """The tenant's limits. What is not given has none."""
    max_output_tokens: MaxOutputTokens | None = None
    """How many tokens stand in for a run's missing `max_tokens` where a token quota applies, from 1 to 10,000,000."""
    retention_days: RetentionDays | None = None
    """How many days runs are kept, from 1 to 36,500. Null: as long as the deployment keeps them."""
    may_use_deployment_keys: bool = False
    """Whether the deployment's own provider keys serve the tenant where it has stored none."""


class TenantRequest(TenantSettings):
    """Without an `id` one is made."""

    model_config = example({"name": "Acme", "quotas": {"usd_per_month": 50}})

    id: Annotated[str, AfterValidator(_new_tenant_id)] = Field(default_factory=random_id)
    """The tenant's id: 1 to 64 letters, digits, dots, dashes and underscores. Without it one is made."""
    name: Name
    """What to call the tenant, from 1 to 100 characters."""


class TenantPatch(TenantSettings):
    """What is not given stays as it is, in `quotas` too."""

    model_config = example({"retention_days": 90})

    # No defaults but made ones, which the OpenAPI document does not tell: clients made from it send its defaults.
    name: Name = Field(default_factory=str)
    """What to call the tenant, from 1 to 100 characters."""
    quotas: TenantQuotas = Field(default_factory=TenantQuotas)
    """The tenant's limits. One that is not given stays as it is; null takes it away."""
    may_use_deployment_keys: bool = Field(default_factory=bool)

    def changes(self) -> dict[str, Any]:
        """By the names of Tenant, but for its quotas."""
        return self.model_dump(include=self.model_fields_set - {"quotas"})

    def quota_changes(self) -> dict[str, Any]:
        return self.quotas.model_dump(include=self.quotas.model_fields_set)
