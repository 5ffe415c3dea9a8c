"""A reservation while its run goes on."""

from dataclasses import dataclass

from promptyard.domain.headroom import Headroom
from promptyard.domain.metering.ledger import Minute, Reservation


@dataclass(frozen=True, slots=True)
class Held:
    """A reservation that was made."""

    reservation: Reservation
    headroom: Headroom
    past: tuple[Minute, ...] = ()
    """The minutes that its release is to forget."""
    doubtful: tuple[Reservation, ...] = ()
    """Tries before it of which it is not known whether they were carried out."""
