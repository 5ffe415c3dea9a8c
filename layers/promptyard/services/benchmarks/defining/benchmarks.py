"""Use cases around benchmarks as they are defined: make, find, change, delete."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from promptyard.domain.account.access import Caller
from promptyard.domain.benchmarks.benchmark import Benchmark, BenchmarkDefinition
from promptyard.domain.errors import NotFound
from promptyard.domain.identifiers import time_ordered_id
from promptyard.domain.paging import Page, PageRequest

if TYPE_CHECKING:
    from promptyard.services.account.audit import AuditLog
    from promptyard.services.benchmarks.defining.definition import DefinitionCheck
    from promptyard.services.ports.benchmarks import BenchmarkStore, WebhookSecrets

_SOURCES: Mapping[str, Any] = {"prompt_id": None, "version_ids": [], "template": None}


@dataclass(frozen=True, slots=True)
class Defined:
    """A benchmark, and the secret of its webhook where that is new: it is shown once."""

    benchmark: Benchmark
    secret: SecretStr | None


class BenchmarkService:
    """Methods that take a benchmark's id raise NotFound where there is no such benchmark in the tenant."""

    def __init__(
        self, store: "BenchmarkStore", check: "DefinitionCheck", secrets: "WebhookSecrets", audit: "AuditLog"
    ) -> None:
        self._store = store
        self._check = check
        self._secrets = secrets
        self._audit = audit

    async def create(self, caller: Caller, definition: BenchmarkDefinition) -> Defined:
        """Raises InvalidRequest for one that could never be run, TooLarge, EndpointRefused for a webhook's URL."""
        benchmark = await self._checked(caller, definition)
        await self._audit.record(caller, "benchmark.created", benchmark.id, {"name": benchmark.name})
        secret = await self._new_secret(benchmark, None)
        await self._store.add(benchmark)
        return Defined(benchmark, secret)

    async def check(self, caller: Caller, definition: BenchmarkDefinition) -> None:
        """Raises what `create` would, with nothing kept."""
        await self._checked(caller, definition)

    async def _checked(self, caller: Caller, definition: BenchmarkDefinition) -> Benchmark:
        now = datetime.now(UTC)
        return await self._check.checked(
            Benchmark(
                **dict(definition),
                id=time_ordered_id(),
                tenant=caller.tenant,
                created_at=now,
                created_by=caller.actor.id,
                quotas=caller.quotas,
                updated_at=now,
            )
        )

    async def get(self, tenant: str, benchmark_id: str) -> Benchmark:
        return await self._store.get(tenant, benchmark_id)

    async def page(self, tenant: str, request: PageRequest) -> Page[Benchmark]:
        """Newest first. Raises BadCursor."""
        return await self._store.page(tenant, request)

    async def change(self, caller: Caller, benchmark_id: str, changes: Mapping[str, Any]) -> Defined:
        """Set fields by their names in BenchmarkDefinition; a prompt, versions or a template takes the others' place.
        Runs that have begun stay as they are. Raises what `create` does, and Conflict where somebody else changed it at
        the same time."""
        there = await self._store.get(caller.tenant, benchmark_id)
        replaced = _SOURCES if any(changes.get(name) for name in _SOURCES) else {}
        changed = there.model_copy(update={**replaced, **changes})
        if changed == there:
            return Defined(there, None)
        changed = await self._check.checked(changed.model_copy(update={"updated_at": datetime.now(UTC)}))
        await self._audit.record(caller, "benchmark.changed", benchmark_id, {"changes": sorted(changes)})
        secret = await self._new_secret(changed, there.webhook_url)
        await self._store.replace(changed, there)
        return Defined(changed, secret)

    async def _new_secret(self, benchmark: Benchmark, had_url: str | None) -> SecretStr | None:
        """Of a webhook at another URL than it had."""
        if benchmark.webhook_url is None or benchmark.webhook_url == had_url:
            return None
        return await self._secrets.make(benchmark.tenant, benchmark.id, benchmark.webhook_url)

    async def delete(self, caller: Caller, benchmark_id: str) -> None:
        """Its runs stay, and what goes on goes on."""
        with suppress(NotFound):  # one that is deleted may be deleted again, and is no second act
            benchmark = await self._store.get(caller.tenant, benchmark_id)
            await self._audit.record(caller, "benchmark.deleted", benchmark_id, {"name": benchmark.name})
            if benchmark.webhook_url is not None:
                await self._secrets.remove(caller.tenant, benchmark_id)
        await self._store.delete(caller.tenant, benchmark_id, datetime.now(UTC))
