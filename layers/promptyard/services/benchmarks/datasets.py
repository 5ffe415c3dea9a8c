"""Use cases around datasets: make, find, change, delete."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from promptyard.domain.account.access import Caller
from promptyard.domain.benchmarks.datasets import Dataset
from promptyard.domain.errors import NotFound, named_in_body
from promptyard.domain.identifiers import time_ordered_id
from promptyard.domain.paging import Page, PageRequest
from promptyard.services.account.audit import AuditLog

if TYPE_CHECKING:
    from promptyard.services.ports.benchmarks import DatasetStore
    from promptyard.services.ports.playgrounds import PlaygroundStore


class DatasetService:
    """Methods that take a dataset's id raise NotFound where there is no such dataset in the tenant."""

    def __init__(self, store: "DatasetStore", playgrounds: "PlaygroundStore", audit: AuditLog) -> None:
        self._store = store
        self._playgrounds = playgrounds
        self._audit = audit

    async def create(
        self, caller: Caller, *, name: str, description: str = "", playground_id: str | None = None
    ) -> Dataset:
        """Without rows. Raises UnknownReference where the playground is not there."""
        if playground_id is not None:
            with named_in_body("playgroundId"):
                await self._playgrounds.get(caller.tenant, playground_id)
        now = datetime.now(UTC)
        dataset = Dataset(
            id=time_ordered_id(),
            tenant=caller.tenant,
            name=name,
            description=description,
            playground_id=playground_id,
            created_at=now,
            created_by=caller.actor.id,
            updated_at=now,
        )
        await self._audit.record(caller, "dataset.created", dataset.id, {"name": name})
        await self._store.add(dataset)
        return dataset

    async def get(self, tenant: str, dataset_id: str) -> Dataset:
        return await self._store.get(tenant, dataset_id)

    async def page(self, tenant: str, request: PageRequest) -> Page[Dataset]:
        """Newest first. Raises BadCursor."""
        return await self._store.page(tenant, request)

    async def change(self, caller: Caller, dataset_id: str, changes: Mapping[str, str]) -> Dataset:
        """Set `name` and `description`, what of them is given."""
        if changes:
            await self._store.get(caller.tenant, dataset_id)
            await self._audit.record(caller, "dataset.changed", dataset_id, {"changes": sorted(changes)})
            await self._store.change(caller.tenant, dataset_id, changes, datetime.now(UTC))
        return await self._store.get(caller.tenant, dataset_id)

    async def delete(self, caller: Caller, dataset_id: str) -> None:
        """With its versions and their rows."""
        with suppress(NotFound):  # one that is deleted may be deleted again, and is no second act
            dataset = await self._store.get(caller.tenant, dataset_id)
            await self._audit.record(caller, "dataset.deleted", dataset_id, {"name": dataset.name})
        await self._store.delete(caller.tenant, dataset_id, datetime.now(UTC))
