"""Answers of the account group."""

from typing import Any

from promptyard.api.answers.fields import Timestamp, Usd
from promptyard.api.paging import PageAnswer
from promptyard.domain.account.access import Role
from promptyard.domain.account.api_keys import ApiKey, NewApiKey
from promptyard.domain.account.audit import AuditEntry
from promptyard.domain.account.collectors import Collector
from promptyard.domain.account.provider_keys import ProviderKey
from promptyard.domain.account.quotas import Quotas, TenantQuotas
from promptyard.domain.account.tenants import Tenant, TenantStatus
from promptyard.domain.deferred import DeferredModel


class QuotasAnswer(DeferredModel):
    """null: no limit. Months are calendar months in UTC; `usd_per_month` is in US dollars of provider cost."""

    tokens_per_month: int | None
    """How many tokens, input and output together, a calendar month in UTC may take. Null: no limit."""
    usd_per_month: Usd | None
    """How many US dollars of provider cost a calendar month in UTC may take. Null: no limit."""
    requests_per_minute: int | None
    """How many requests a minute may bring. Null: no limit."""

    @classmethod
    def of(cls, quotas: Quotas) -> "QuotasAnswer":
        return QuotasAnswer(
            tokens_per_month=quotas.tokens_per_month,
            usd_per_month=quotas.usd_per_month,
            requests_per_minute=quotas.requests_per_minute,
        )


class TenantQuotasAnswer(QuotasAnswer):
    """null: no limit; of `runs_at_once` the deployment's."""

    runs_at_once: int | None
    """How many runs may go on at once. Null: as many as the deployment lets every tenant have."""

    @classmethod
    def of_tenant(cls, quotas: TenantQuotas) -> "TenantQuotasAnswer":
        return TenantQuotasAnswer(**vars(QuotasAnswer.of(quotas)), runs_at_once=quotas.runs_at_once)


class KeyAnswer(DeferredModel):
    """A key without what makes it one: `prefix` is how it begins. `last_used_at` is exact to about a minute, null for
    one that was never used."""

    id: str
    """The key's id, which runs name as their `caller`."""
    name: str
    """What its owner calls it."""
    role: Role
    """What the key may do."""
    prefix: str
    """How the key begins, for its owner to know it by."""
    created_at: Timestamp
    """When the key was made, in UTC."""
    created_by: str | None
    """Who made the key, as a run names its `caller`. Null where that is not known."""
    expires_at: Timestamp | None
    """When the key ends, in UTC. Null where it lasts until it is revoked."""
    last_used_at: Timestamp | None
    """When the key was last used, in UTC, exact to about a minute. Null where it never was."""
    quotas: QuotasAnswer
    """The key's own limits, beside its tenant's."""

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
    """The key itself, shown this once. Null where the request is repeated with its `Idempotency-Key`."""

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
    """The provider's id."""
    origin: str
    """The scheme, host and port that the key is sent to, and no other."""
    last_four: str | None
    """The key's last four characters. Null for a key so short that they would tell too much."""
    updated_at: Timestamp
    """When the key was stored, in UTC."""

    @classmethod
    def of(cls, provider: str, key: ProviderKey) -> "ProviderKeyAnswer":
        return ProviderKeyAnswer(
            provider=provider, origin=key.origin, last_four=key.last_four, updated_at=key.updated_at
        )


class ProviderKeyPage(PageAnswer[ProviderKeyAnswer]):
    total: int


class CollectorAnswer(DeferredModel):
    """Of its headers the names: their values are secrets."""

    endpoint: str
    """The collector's address, without the `/v1/traces` that is asked below it."""
    headers: list[str]
    """The names of the headers that go along, in lower case."""
    content: bool
    """Whether spans have what was said and answered."""
    updated_at: Timestamp
    """When it was set, in UTC."""

    @classmethod
    def of(cls, collector: Collector) -> "CollectorAnswer":
        return CollectorAnswer(
            endpoint=collector.endpoint,
            headers=sorted(collector.headers),
            content=collector.content,
            updated_at=collector.updated_at,
        )


class AuditAnswer(DeferredModel):
    """`actor` is an API key's id or a token's subject, `local` while the local server runs open. `subject` is the id
    or the name of what was made, changed or deleted."""

    id: str
    """The entry's id. Ids sort by time."""
    at: Timestamp
    """When it was done, in UTC."""
    actor: str | None
    """Who did it: an API key's id, a token's subject, or `local` while the local server runs open. Null where that is
    not known."""
    actor_name: str | None
    """The name of who did it. Null where it is not known."""
    actor_role: str
    """The role of who did it."""
    action: str
    """What was done: a kind of thing and a past participle, such as `key.created`."""
    subject: str
    """The id of what was made, changed or deleted, or its name where it has no id."""
    details: dict[str, Any]
    """What else there is to say of it; never a key, a prompt or an answer."""

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
    """The tenant's id."""
    name: str
    """What the tenant is called."""
    created_at: Timestamp
    """When the tenant was made, in UTC."""
    quotas: TenantQuotasAnswer
    """The tenant's limits."""
    max_output_tokens: int | None
    """How many tokens stand in for a run's missing `max_tokens` where a token quota applies. Null where the tenant has
    set none."""
    retention_days: int | None
    """How many days runs are kept. Null: as long as the deployment keeps them."""
    may_use_deployment_keys: bool
    """Whether the deployment's own provider keys serve the tenant where it has stored none."""
    status: TenantStatus
    """`active`; `erasing` while its data is deleted; `erased` where its id is left, and what it used."""

    @classmethod
    def of(cls, tenant: Tenant) -> "TenantAnswer":
        return TenantAnswer(
            id=tenant.id,
            name=tenant.name,
            created_at=tenant.created_at,
            quotas=TenantQuotasAnswer.of_tenant(tenant.quotas),
            max_output_tokens=tenant.max_output_tokens,
            retention_days=tenant.retention_days,
            may_use_deployment_keys=tenant.may_use_deployment_keys,
            status=tenant.status,
        )


class NewTenantAnswer(TenantAnswer):
    admin_key: NewKeyAnswer
    """The tenant's first key, of the role admin."""

    @classmethod
    def of_new(cls, tenant: Tenant, admin_key: NewKeyAnswer) -> "NewTenantAnswer":
        return NewTenantAnswer(**vars(TenantAnswer.of(tenant)), admin_key=admin_key)


class TenantPage(PageAnswer[TenantAnswer]):
    total: None
