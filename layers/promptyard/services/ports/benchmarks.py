"""What keeps datasets, benchmarks and what they measured, as protocols. Every method raises StoreUnavailable when the
store does not answer."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from promptyard.domain.benchmarks.datasets import Dataset, DatasetVersion, Row


class DatasetStore(Protocol):
    async def get(self, tenant: str, dataset_id: str) -> "Dataset":
        """Raises NotFound."""

    async def version(self, tenant: str, dataset_id: str, number: int | None) -> "DatasetVersion":
        """The newest for None. Raises NotFound."""

    async def rows(self, tenant: str, version: "DatasetVersion", first: int, count: int) -> "list[Row]":
        """Rows by their numbers, in order, from `first` on: fewer than `count` at the end. Reads what holds them, no
        more."""
