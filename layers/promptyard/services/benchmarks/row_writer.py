"""Rows into the objects of a version, some 256 KB at a time, so that no version is ever held whole."""

from typing import TYPE_CHECKING

from promptyard.domain.benchmarks.datasets import MAX_NAMES, MAX_ROWS, RowContent
from promptyard.domain.errors import TooLarge

if TYPE_CHECKING:
    from promptyard.services.ports.benchmarks import DatasetStore

CHUNK_BYTES = 256 * 1024


class RowWriter:
    """`chunks`, `row_count`, `bytes` and `variables` are those of the `DatasetVersion` that is to be added."""

    def __init__(self, store: "DatasetStore", tenant: str, dataset_id: str, version_id: str) -> None:
        self._store = store
        self.tenant = tenant
        self.dataset_id = dataset_id
        self.version_id = version_id
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._variables: dict[str, None] = {}
        self.chunks: list[int] = []
        self.row_count = 0
        self.bytes = 0

    @property
    def variables(self) -> list[str]:
        return list(self._variables)

    async def add(self, row: RowContent, text: bytes) -> None:
        """`text` is its JSON. Raises TooLarge."""
        if self._held and self._held_bytes + len(text) > CHUNK_BYTES:
            await self._put()
        if self.row_count == MAX_ROWS:
            raise TooLarge(f"A dataset takes {MAX_ROWS:,} rows")
        self._held.append(text)
        self._held_bytes += len(text) + 1
        self.row_count += 1
        self.bytes += len(text) + 1
        if len(self._variables) < MAX_NAMES:
            self._variables |= dict.fromkeys(row.variables)

    async def finish(self) -> None:
        """Keep what is held still."""
        if self._held:
            await self._put()

    async def drop(self) -> None:
        """Leave nothing of what was kept."""
        self._held = []
        if self.chunks:
            await self._store.drop_rows(self.tenant, self.dataset_id, self.version_id)

    async def _put(self) -> None:
        first = self.row_count - len(self._held) + 1
        await self._store.put_rows(self.tenant, self.dataset_id, self.version_id, first, self._held)
        self.chunks.append(first)
        self._held, self._held_bytes = [], 0
