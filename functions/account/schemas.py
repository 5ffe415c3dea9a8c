"""The wire of the account group."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, PlainSerializer, SecretStr

from promptyard.api.paging import Page
from promptyard.api.requests import WireRequest, example
from promptyard.domain.account.quotas import UNLIMITED, Quotas
from promptyard.domain.account.tenants import MaxOutputTokens, RetentionDays, is_tenant_id
from promptyard.domain.identifiers import random_id

Name = Annotated[str, Field(min_length=1, max_length=100)]
Money = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]


class QuotasBody(BaseModel):
    """null: no limit. Months are calendar months in UTC; `usd_per_month` is in US dollars of provider cost."""

    tokens_per_month: int | None
    usd_per_month: Money | None
    requests_per_minute: int | None


class KeyRequest(WireRequest):
    """`expires_at` is ISO 8601, in UTC where it has no offset; without it the key lasts until it is revoked."""

    model_config = example({"name": "continuous integration", "role": "member"})

    name: Name
    role: Literal["viewer", "member", "admin"] = "member"
    expires_at: datetime | None = None
    quotas: Quotas = UNLIMITED

    def expiry(self) -> datetime | None:
        moment = self.expires_at
        return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


class KeyBody(BaseModel):
    """A key without what makes it one: `prefix` is how it begins. `last_used_at` is exact to about a minute, null for
    one that was never used."""

    id: str
    name: str
    role: Literal["viewer", "member", "admin"]
    prefix: str
    created_at: str
    created_by: str | None
    expires_at: str | None
    last_used_at: str | None
    quotas: QuotasBody


class NewKeyBody(KeyBody):
    """`key` is shown this once: it is null where the request is repeated with its `Idempotency-Key`."""

    key: str | None


class ProviderKeyRequest(WireRequest):
    """`origin` is the scheme, host and port that the key is sent to and no other; needed for a provider that has no
    address of its own."""

    model_config = example({"key": "the-key-that-the-provider-gave-you"})

    key: SecretStr = Field(min_length=1, max_length=2048)
    origin: str | None = Field(None, min_length=1, max_length=300)


class ProviderKeyBody(BaseModel):
    """`last_four` is null for a key so short that it would tell too much."""

    provider: str
    origin: str
    last_four: str | None
    updated_at: str


class AuditBody(BaseModel):
    """`actor` is an API key's id or a token's subject, `local` while the local server runs open. `subject` is the id
    or the name of what was made, changed or deleted."""

    id: str
    at: str
    actor: str | None
    actor_name: str | None
    actor_role: str
    action: str
    subject: str
    details: dict[str, Any]


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

    name: Name = ""


class TenantBody(BaseModel):
    """`max_output_tokens` stands in for a run's missing max_tokens where a token quota applies; `retention_days` is
    how long runs are kept. Of a tenant with the status `erased` its id is left, and what it used."""

    id: str
    name: str
    created_at: str
    quotas: QuotasBody
    max_output_tokens: int | None
    retention_days: int | None
    may_use_deployment_keys: bool
    status: Literal["active", "erasing", "erased"]


class NewTenantBody(TenantBody):
    admin_key: NewKeyBody


class KeyPage(Page[KeyBody]):
    pass


class ProviderKeyPage(Page[ProviderKeyBody]):
    pass


class AuditPage(Page[AuditBody]):
    pass


class TenantPage(Page[TenantBody]):
    pass
