"""Use cases around saved runs: keep one, find one, and list them among the executed runs of their version."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from promptyard.domain.account.access import Caller
from promptyard.domain.errors import InvalidRequest
from promptyard.domain.identifiers import time_ordered_id
from promptyard.domain.paging import PageRequest, fitting
from promptyard.domain.prompts.names import PromptReference
from promptyard.domain.runs.run import Run
from promptyard.domain.runs.saved_runs import SavedRun, check_texts
from promptyard.services.account.tenant_directory import TenantDirectory
from promptyard.services.ports.runs import RunFilter, RunStore, SavedRunStore
from promptyard.services.prompts.registry import PromptService


class SavedRunService:
    def __init__(self, store: SavedRunStore, runs: RunStore, prompts: PromptService, tenants: TenantDirectory) -> None:
        self._store = store
        self._runs = runs
        self._prompts = prompts
        self._tenants = tenants

    async def save(
        self,
        caller: Caller,
        reference: PromptReference,
        version_id: str | None,
        config: dict[str, Any],
        results: list[dict[str, Any]],
    ) -> SavedRun:
        """Raises NotFound for a prompt or version that is not there, InvalidRequest for another prompt's version,
        TooLarge for a text over 1 MB."""
        check_texts([config, results])
        prompt = await self._prompts.get(caller.tenant, reference)
        if version_id is not None and await self._prompts.prompt_of_version(caller.tenant, version_id) != prompt.id:
            raise InvalidRequest(f"This is not a version of {prompt.name}", loc=("body", "version_id"))
        tenant = await self._tenants.find(caller.tenant)
        saved = SavedRun(
            id=time_ordered_id(),
            tenant=caller.tenant,
            prompt_id=prompt.id,
            version_id=version_id,
            config=config,
            results=results,
            created_at=datetime.now(UTC),
            retention_days=tenant.retention_days if tenant else None,
        )
        await self._store.add(saved)
        return saved

    async def get(self, tenant: str, saved_id: str) -> SavedRun:
        """Raises NotFound."""
        return await self._store.get(tenant, saved_id)

    async def delete(self, tenant: str, saved_id: str) -> None:
        """Raises NotFound."""
        await self._store.delete(tenant, saved_id)

    async def of_version(self, tenant: str, version_id: str, limit: int) -> Sequence[Run | SavedRun]:
        """The newest runs of a version, executed and saved together: no more than a page has room for. Raises NotFound
        where there is no such version in the tenant."""
        await self._prompts.prompt_of_version(tenant, version_id)
        executed, saved = await asyncio.gather(
            self._runs.page(tenant, RunFilter(version_id=version_id), PageRequest(limit)),
            self._store.newest(tenant, version_id, limit),
        )
        both: list[Run | SavedRun] = [*executed.items, *saved]
        if executed.next_cursor is not None and executed.items:  # what comes after it may be newer than a saved one
            both = [run for run in both if run.id >= executed.items[-1].id]
        newest = sorted(both, key=lambda run: run.id, reverse=True)[:limit]
        return newest[: fitting(len(run.model_dump_json().encode()) for run in newest)]
