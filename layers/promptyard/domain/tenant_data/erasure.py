"""The erasure of a tenant: how far it has come."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class Erasure(BaseModel):
    model_config = ConfigDict(frozen=True)

    tenant: str
    started_at: datetime
    erased_at: datetime | None = None
    """When nothing was left; None until then."""
    counts: dict[str, int] = {}
    """How much was deleted, by kind. Each thing is counted by who deleted it, and after that: a process that died has
    left up to a page of them uncounted."""
