"""Tenants: who owns runs, prompts and keys, and what they may use."""

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from promptyard.domain.account.access import LOCAL_CALLER
from promptyard.domain.account.quotas import NO_QUOTAS, TenantQuotas
from promptyard.domain.deferred import FrozenModel

OPERATORS = "operator"
"""Stands where a tenant would in what belongs to the operators."""

RESERVED_IDS = frozenset({OPERATORS, LOCAL_CALLER.tenant, "apikey", "open"})
"""Begin partitions of the store that are no tenant's, or name the local server's own tenant."""

MaxOutputTokens = Annotated[int, Field(ge=1, le=10**7)]
RetentionDays = Annotated[int, Field(ge=1, le=36_500)]

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class TenantStatus(StrEnum):
    ACTIVE = "active"
    ERASING = "erasing"
    """Nothing is let in any more but the request that goes on with the erasure."""
    ERASED = "erased"
    """All that is left is the id, which nobody else gets, and what was used in each month."""


class Tenant(FrozenModel):
    id: str
    name: str
    created_at: datetime
    quotas: TenantQuotas = NO_QUOTAS
    max_output_tokens: MaxOutputTokens | None = None
    """Stands in for a run's missing max_tokens where a token quota applies."""
    retention_days: RetentionDays | None = None
    """How long runs are kept; None: as long as the deployment keeps them."""
    may_use_deployment_keys: bool = False
    """Whether the deployment's own provider keys serve this tenant where it has stored none."""
    status: TenantStatus = TenantStatus.ACTIVE


LOCAL_TENANT = Tenant(
    id=LOCAL_CALLER.tenant,
    name="Local",
    created_at=datetime(1970, 1, 1, tzinfo=UTC),
    may_use_deployment_keys=True,
)
"""The tenant of everybody while the local server runs open. It is in no store."""


def is_tenant_id(text: str) -> bool:
    """Whether a new tenant may have this id."""
    return _ID.fullmatch(text) is not None and text.lower() not in RESERVED_IDS
