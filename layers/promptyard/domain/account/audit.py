"""The audit log's entries: who did what to which thing."""

from datetime import datetime
from typing import Any

from pydantic import Field

from promptyard.domain.deferred import FrozenModel


class AuditEntry(FrozenModel):
    """One act. It never holds a key, a prompt or an answer."""

    id: str
    """Sorts by time."""
    tenant: str
    """Whose log it is in: that of the thing's owner, who need not be the actor's tenant."""
    at: datetime
    actor: str | None = None
    """The actor's id."""
    actor_name: str | None = None
    actor_role: str
    action: str
    """`<kind of thing>.<past participle>`, as `key.created`."""
    subject: str
    """The thing's id, or its name where it has no id."""
    details: dict[str, Any] = Field({})
    """What else tells the act: what JSON can hold."""
