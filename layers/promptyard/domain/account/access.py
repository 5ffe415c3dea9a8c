"""Who calls, and what they may."""

from dataclasses import dataclass
from enum import StrEnum

from promptyard.domain.account.quotas import UNLIMITED, Quotas


class Role(StrEnum):
    VIEWER = "viewer"
    MEMBER = "member"
    ADMIN = "admin"
    OPERATOR = "operator"
    """Manages tenants; stands outside the ladder of the other three."""

    def allows(self, required: "Role") -> bool:
        if Role.OPERATOR in {self, required}:
            return self is required
        return _LADDER.index(self) >= _LADDER.index(required)


_LADDER = (Role.VIEWER, Role.MEMBER, Role.ADMIN)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something, as every record names them."""

    id: str
    """The API key's id or the token's subject; of who showed neither, the name."""
    name: str
    """To be shown to people: the key's name; of who has none, the id."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The one who calls, as the credential says. `id` names the key or the token's subject."""

    tenant: str
    role: Role
    id: str | None = None
    name: str | None = None
    quotas: Quotas = UNLIMITED
    """The key's own limits, beside its tenant's."""

    @property
    def actor(self) -> Actor:
        """One who is not to be named goes by the tenant."""
        known = self.id or self.name or self.tenant
        return Actor(id=known, name=self.name or known)


LOCAL_CALLER = Caller(tenant="local", role=Role.ADMIN, name="local")
"""Whom the local server takes everybody for while it runs open."""
