"""The erasure of a tenant: how far it has come."""

from datetime import datetime

from pydantic import Field

from promptyard.domain.deferred import FrozenModel


class Erasure(FrozenModel):
    tenant: str
    started_at: datetime
    erased_at: datetime | None = None
    """When nothing was left; None until then."""
    counts: dict[str, int] = Field({})
    """How much was deleted, by kind. Each thing is counted by who deleted it, and after that: a process that died has
    left up to a page of them uncounted."""
