"""Answers of the account group."""

from typing import Any

from promptyard.api.answers.fields import Timestamp, Usd
from promptyard.api.paging import PageAnswer
from promptyard.domain.account.access import Role
from promptyard.domain.account.api_keys import ApiKey, NewApiKey
from promptyard.domain.account.audit import AuditEntry
from promptyard.domain.account.provider_keys import ProviderKey
from promptyard.domain.account.quotas import Quotas
from promptyard.domain.account.tenants import Tenant, TenantStatus
from promptyard.domain.deferred import DeferredModel


class QuotasAnswer(DeferredModel):
    """null: no limit. Months are calendar months in UTC; `usd_per_month` is in US dollars of provider cost."""

    tokens_per_month: int | None
    usd_per_month: Usd | None
    requests_per_minute: int | None

    @classmethod
    def of(cls, quotas: Quotas) -> "QuotasAnswer":
        return QuotasAnswer(
            tokens_per_month=quotas.tokens_per_month,
            usd_per_month=quotas.usd_per_month,
            requests_per_minute=quotas.requests_per_minute,
        )


class KeyAnswer(DeferredModel):
    """A key without what makes it one: `prefix` is how it begins. `last_used_at` is exact to about a minute, null for
    one that was never used."""

    id: str
    name: str
    role: Role
    prefix: str
    created_at: Timestamp
    created_by: str | None
    expires_at: Timestamp | None
    last_used_at: Timestamp | None
    quotas: QuotasAnswer

    @classmethod
    def of(cls, key: ApiKey) -> "KeyAnswer":
        return KeyAnswer(
            id=key.id,
            name=key.name,
            role=key.role,
            prefix=key.prefix,
            created_at=key.created_at,
            created_by=key.created_by,
            expires_at=key.expires_at,
            last_used_at=key.last_used_at,
            quotas=QuotasAnswer.of(key.quotas),
        )


class NewKeyAnswer(KeyAnswer):
    """`key` is shown this once: it is null where the request is repeated with its `Idempotency-Key`."""

    key: str | None

    @classmethod
    def of_new(cls, made: NewApiKey) -> "NewKeyAnswer":
        return NewKeyAnswer(**vars(KeyAnswer.of(made.record)), key=made.secret.get_secret_value())

    def without_key(self) -> "NewKeyAnswer":
        return self.model_copy(update={"key": None})


class KeyPage(PageAnswer[KeyAnswer]):
    total: int


class ProviderKeyAnswer(DeferredModel):
    """`last_four` is null for a key so short that it would tell too much."""

    provider: str
    origin: str
    last_four: str | None
    updated_at: Timestamp

    @classmethod
    def of(cls, provider: str, key: ProviderKey) -> "ProviderKeyAnswer":
        return ProviderKeyAnswer(
            provider=provider, origin=key.origin, last_four=key.last_four, updated_at=key.updated_at
        )


class ProviderKeyPage(PageAnswer[ProviderKeyAnswer]):
    total: int


class AuditAnswer(DeferredModel):
    """`actor` is an API key's id or a token's subject, `local` while the local server runs open. `subject` is the id
    or the name of what was made, changed or deleted."""

    id: str
    at: Timestamp
    actor: str | None
    actor_name: str | None
    actor_role: str
    action: str
    subject: str
    details: dict[str, Any]

    @classmethod
    def of(cls, entry: AuditEntry) -> "AuditAnswer":
        return AuditAnswer(
            id=entry.id,
            at=entry.at,
            actor=entry.actor,
            actor_name=entry.actor_name,
            actor_role=entry.actor_role,
            action=entry.action,
            subject=entry.subject,
            details=entry.details,
        )


class AuditPage(PageAnswer[AuditAnswer]):
    total: None


class TenantAnswer(DeferredModel):
    """`max_output_tokens` stands in for a run's missing max_tokens where a token quota applies; `retention_days` is
    how long runs are kept. Of a tenant with the status `erased` its id is left, and what it used."""

    id: str
    name: str
    created_at: Timestamp
    quotas: QuotasAnswer
    max_output_tokens: int | None
    retention_days: int | None
    may_use_deployment_keys: bool
    status: TenantStatus

    @classmethod
    def of(cls, tenant: Tenant) -> "TenantAnswer":
        return TenantAnswer(
            id=tenant.id,
            name=tenant.name,
            created_at=tenant.created_at,
            quotas=QuotasAnswer.of(tenant.quotas),
            max_output_tokens=tenant.max_output_tokens,
            retention_days=tenant.retention_days,
            may_use_deployment_keys=tenant.may_use_deployment_keys,
            status=tenant.status,
        )


class NewTenantAnswer(TenantAnswer):
    admin_key: NewKeyAnswer

    @classmethod
    def of_new(cls, tenant: Tenant, admin_key: NewKeyAnswer) -> "NewTenantAnswer":
        return NewTenantAnswer(**vars(TenantAnswer.of(tenant)), admin_key=admin_key)


class TenantPage(PageAnswer[TenantAnswer]):
    total: None
