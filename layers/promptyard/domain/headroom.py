"""What is left of the limits that a run was let through by."""

from collections.abc import Iterable
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

    @staticmethod
    def least(headrooms: "Iterable[Headroom]") -> "Headroom":
        """What is left after all of several runs, which were let through one after the other."""
        known = list(headrooms)
        return Headroom(least_of(one.requests for one in known), least_of(one.tokens for one in known))


def least_of(left: Iterable[Left | None]) -> Left | None:
    known = [entry for entry in left if entry is not None]
    return min(known, key=lambda entry: entry.remaining, default=None)
