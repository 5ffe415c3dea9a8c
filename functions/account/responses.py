"""The account group's answers."""

from datetime import datetime
from typing import Any

from promptyard.api.wire import timestamp
from promptyard.domain.account.api_keys import ApiKey, NewApiKey
from promptyard.domain.account.audit import AuditEntry
from promptyard.domain.account.provider_keys import ProviderKey
from promptyard.domain.account.tenants import Tenant


def key_body(key: ApiKey) -> dict[str, Any]:
    """The body of KeyBody."""
    return {
        "id": key.id,
        "name": key.name,
        "role": key.role.value,
        "prefix": key.prefix,
        "created_at": timestamp(key.created_at),
        "created_by": key.created_by,
        "expires_at": _optional(key.expires_at),
        "last_used_at": _optional(key.last_used_at),
        "quotas": key.quotas.model_dump(),
    }


def new_key_body(made: NewApiKey) -> dict[str, Any]:
    """The body of NewKeyBody."""
    return key_body(made.record) | {"key": made.secret.get_secret_value()}


def provider_key_body(provider: str, key: ProviderKey) -> dict[str, Any]:
    """The body of ProviderKeyBody."""
    return {
        "provider": provider,
        "origin": key.origin,
        "last_four": key.last_four,
        "updated_at": timestamp(key.updated_at),
    }


def audit_body(entry: AuditEntry) -> dict[str, Any]:
    """The body of AuditBody."""
    return entry.model_dump(exclude={"tenant", "at"}) | {"at": timestamp(entry.at)}


def tenant_body(tenant: Tenant) -> dict[str, Any]:
    """The body of TenantBody."""
    return tenant.model_dump(exclude={"created_at"}) | {"created_at": timestamp(tenant.created_at)}


def _optional(moment: datetime | None) -> str | None:
    return None if moment is None else timestamp(moment)
