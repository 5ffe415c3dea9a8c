"""Use cases around playgrounds: make, find, change, delete."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol

from promptyard.domain.access import Caller
from promptyard.domain.identifiers import time_ordered_id
from promptyard.domain.playgrounds import Playground, PlaygroundFilter


class PlaygroundStore(Protocol):
    """Keeps playgrounds. Every method raises StoreUnavailable when the store does not answer."""

    async def add(self, playground: Playground) -> None: ...

    async def get(self, tenant: str, playground_id: str) -> Playground:
        """Raises NotFound."""

    async def all(self, tenant: str) -> list[Playground]: ...

    async def change(
        self, tenant: str, playground_id: str, changes: Mapping[str, str | bool], by: str, at: datetime
    ) -> None:
        """Set fields. Raises NotFound."""

    async def delete(self, tenant: str, playground_id: str, at: datetime) -> None:
        """With everything in it but its runs. May be repeated for a day. Raises NotFound."""


class PlaygroundService:
    def __init__(self, store: PlaygroundStore) -> None:
        self._store = store

    async def create(
        self, caller: Caller, *, name: str, description: str, use_case_id: str, keep_blocked: bool = False
    ) -> Playground:
        now = datetime.now(UTC)
        playground = Playground(
            id=time_ordered_id(),
            tenant=caller.tenant,
            name=name,
            description=description,
            use_case_id=use_case_id,
            created_at=now,
            created_by=user_id(caller),
            created_by_name=caller.name or user_id(caller),
            updated_at=now,
            updated_by=user_id(caller),
            keep_blocked=keep_blocked,
        )
        await self._store.add(playground)
        return playground

    async def find(self, tenant: str, where: PlaygroundFilter) -> list[Playground]:
        """All that match, sorted."""
        return where.select(await self._store.all(tenant))

    async def get(self, tenant: str, playground_id: str) -> Playground:
        """Raises NotFound."""
        return await self._store.get(tenant, playground_id)

    async def change(self, caller: Caller, playground_id: str, changes: Mapping[str, str | bool]) -> Playground:
        """Set `name`, `description` and `keep_blocked`, what of them is given. Raises NotFound."""
        if changes:
            await self._store.change(caller.tenant, playground_id, changes, user_id(caller), datetime.now(UTC))
        return await self._store.get(caller.tenant, playground_id)

    async def delete(self, caller: Caller, playground_id: str) -> None:
        """Its blueprints, metric configurations and reports go with it, its runs stay. Raises NotFound."""
        await self._store.delete(caller.tenant, playground_id, datetime.now(UTC))


def user_id(caller: Caller) -> str:
    """The id of who calls, as records name it."""
    return caller.id or caller.name or caller.tenant
