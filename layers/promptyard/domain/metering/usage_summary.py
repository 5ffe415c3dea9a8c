"""Sums over a part of the ledger: in all, and by what was run, who ran it, and through which route."""

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, field

from promptyard.domain.metering.ledger import LedgerEntry, Totals

KINDS = ("model", "key", "endpoint")
MAX_NAMES = 200
"""How many of a kind are told apart. Names of models are the callers' own, so there may be any number of them."""
OTHERS = "(others)"


@dataclass(slots=True)
class Summary:
    """`by` holds sums by kind and name. A run that nobody's name is known of is under the empty name."""

    total: Totals = field(default_factory=Totals)
    by: dict[str, dict[str, Totals]] = field(default_factory=lambda: {kind: {} for kind in KINDS})

    def add(self, entry: LedgerEntry) -> None:
        totals = Totals.of(entry)
        self.total += totals
        names = {"model": f"{entry.provider}/{entry.model}", "key": entry.key or "", "endpoint": entry.endpoint}
        for kind, name in names.items():
            self._add_to(kind, name, totals)

    def merge(self, other: "Summary") -> None:
        self.total += other.total
        for kind, sums in other.by.items():
            for name, totals in sums.items():
                self._add_to(kind, name, totals)

    def _add_to(self, kind: str, name: str, totals: Totals) -> None:
        sums = self.by[kind]
        if name not in sums and len(sums) >= MAX_NAMES:
            name = OTHERS
        sums[name] = sums.get(name, Totals()) + totals

    def plain(self) -> dict[str, dict[str, tuple[int, ...]]]:
        """As JSON can hold it; the totals of all are those by endpoint together."""
        return {kind: {name: astuple(totals) for name, totals in sums.items()} for kind, sums in self.by.items()}

    @staticmethod
    def of_plain(plain: Mapping[str, Mapping[str, Iterable[int]]]) -> "Summary":
        by = {kind: {name: Totals(*counts) for name, counts in plain[kind].items()} for kind in KINDS}
        return Summary(sum(by["endpoint"].values(), Totals()), by)
