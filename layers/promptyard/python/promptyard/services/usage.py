"""What a tenant has used."""

from dataclasses import dataclass

from promptyard.domain.metering import LedgerEntry


@dataclass(frozen=True, slots=True)
class LedgerPage:
    entries: list[LedgerEntry]
    next_cursor: str | None
