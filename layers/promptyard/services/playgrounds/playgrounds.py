"""Use cases around playgrounds: make, find, change, delete."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from promptyard.domain.account.access import Caller
from promptyard.domain.errors import NotFound, named_in_body
from promptyard.domain.identifiers import time_ordered_id
from promptyard.domain.playgrounds.playground import Playground, PlaygroundFilter
from promptyard.services.account.audit import AuditLog

if TYPE_CHECKING:
    from promptyard.services.ports.playgrounds import ConfigurationStore, PlaygroundStore


class PlaygroundService:
    def __init__(self, store: "PlaygroundStore", configurations: "ConfigurationStore", audit: AuditLog) -> None:
        self._store = store
        self._configurations = configurations
        self._audit = audit

    async def create(
        self,
        caller: Caller,
        *,
        name: str,
        description: str,
        use_case_id: str,
        keep_blocked: bool = False,
        copy_from: str | None = None,
    ) -> Playground:
        """With the metric configurations of the playground `copy_from`. Raises UnknownReference where that is not
        there."""
        now = datetime.now(UTC)
        playground = Playground(
            id=time_ordered_id(),
            tenant=caller.tenant,
            name=name,
            description=description,
            use_case_id=use_case_id,
            created_at=now,
            created_by=caller.actor.id,
            created_by_name=caller.actor.name,
            updated_at=now,
            updated_by=caller.actor.id,
            keep_blocked=keep_blocked,
        )
        if copy_from is not None:
            await self._copy_configurations(copy_from, playground)
        await self._audit.record(caller, "playground.created", playground.id, {"name": name})
        await self._store.add(playground)  # last, so that a playground is there with all of them or not at all
        return playground

    async def _copy_configurations(self, source_id: str, playground: Playground) -> None:
        with named_in_body("copyInsights", "sourcePlaygroundId"):
            await self._store.get(playground.tenant, source_id)
        await self._store.announce(playground)
        for configuration in await self._configurations.all(playground.tenant, source_id):
            await self._configurations.add(configuration.copy_to(playground.id))

    async def find(self, tenant: str, where: PlaygroundFilter) -> list[Playground]:
        """All that match, sorted."""
        return where.select(await self._store.all(tenant))

    async def get(self, tenant: str, playground_id: str) -> Playground:
        """Raises NotFound."""
        return await self._store.get(tenant, playground_id)

    async def change(self, caller: Caller, playground_id: str, changes: Mapping[str, str | bool]) -> Playground:
        """Set `name`, `description` and `keep_blocked`, what of them is given. Raises NotFound."""
        if changes:
            await self._store.get(caller.tenant, playground_id)
            await self._audit.record(caller, "playground.changed", playground_id, {"changes": sorted(changes)})
            await self._store.change(caller.tenant, playground_id, changes, caller.actor.id, datetime.now(UTC))
        return await self._store.get(caller.tenant, playground_id)

    async def delete(self, caller: Caller, playground_id: str) -> None:
        """Its blueprints, metric configurations and reports go with it, its runs stay. Raises NotFound."""
        with suppress(NotFound):  # one that is deleted may be deleted again, and is no second act
            playground = await self._store.get(caller.tenant, playground_id)
            await self._audit.record(caller, "playground.deleted", playground_id, {"name": playground.name})
        await self._store.delete(caller.tenant, playground_id, datetime.now(UTC))
