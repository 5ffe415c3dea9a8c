"""What is left of the limits that a run was let through by."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Left:
    """`resets_after` is in seconds."""

    limit: int
    remaining: int
    resets_after: float


@dataclass(frozen=True, slots=True)
class Headroom:
    """Of the tenant's limit and the key's, the one of which less is left; None where there is neither."""

    requests: Left | None = None
    """This minute's."""
    tokens: Left | None = None
    """This month's."""
