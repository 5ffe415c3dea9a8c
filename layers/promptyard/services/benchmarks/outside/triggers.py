"""What starts benchmark runs from outside: events of EventBridge, ours and others'."""

import logging
import re
from typing import TYPE_CHECKING, Any

from promptyard.domain.account.access import Caller, Role
from promptyard.domain.benchmarks.messages import OBJECT_CREATED, S3_SOURCE, EventMessage, WebhookMessage
from promptyard.domain.errors import Conflict, Forbidden, InvalidRequest, NotFound, TooLarge

if TYPE_CHECKING:
    from promptyard.domain.benchmarks.benchmark import Benchmark, Trigger
    from promptyard.domain.benchmarks.datasets import DatasetVersion
    from promptyard.services.account.tenant_directory import TenantDirectory
    from promptyard.services.benchmarks.benchmark_runs import BenchmarkRunService
    from promptyard.services.benchmarks.outside.webhooks import Webhooks
    from promptyard.services.ports.benchmarks import BenchmarkStore, UploadTaker

REQUESTED = "promptyard.benchmark.requested"
VERSION_SAVED = "promptyard.prompt.version_saved"
OUR_SOURCE = "promptyard"

_UPLOAD = re.compile(r"([^/]+)/datasets/([^/]+)/uploads/([^/]+)")
"""The key of an upload's object: see `storage.table.benchmark_keys`."""

logger = logging.getLogger("promptyard.benchmarks")


class BenchmarkTriggers:
    def __init__(
        self,
        benchmarks: "BenchmarkStore",
        runs: "BenchmarkRunService",
        tenants: "TenantDirectory",
        uploads: "UploadTaker",
    ) -> None:
        self._benchmarks = benchmarks
        self._runs = runs
        self._tenants = tenants
        self._uploads = uploads

    async def event(self, message: EventMessage) -> None:
        """Start what the event asks for, once however often it comes. One that asks for what cannot be done is logged
        and left: nobody waits for an answer. Raises StoreUnavailable."""
        try:
            if message.detail_type == REQUESTED:
                await self._requested(message)
            elif message.detail_type == VERSION_SAVED and message.source == OUR_SOURCE:
                await self._version_saved(message)
            elif message.detail_type == OBJECT_CREATED and message.source == S3_SOURCE:
                await self._uploaded(message)
        except (Conflict, Forbidden, InvalidRequest, NotFound, TooLarge) as refused:
            told = {"event_id": message.id, "detail_type": message.detail_type, "reason": refused.message}
            logger.warning("event left", extra=told)

    async def _requested(self, message: EventMessage) -> None:
        benchmark_id = _text(message.detail, "benchmark_id")
        if benchmark_id is None:
            raise InvalidRequest("The event names no benchmark_id")
        version_id, request_id = _text(message.detail, "version_id"), _text(message.detail, "request_id")
        trigger: Trigger = "schedule" if message.detail.get("trigger") == "schedule" else "event"
        tenant = await self._benchmarks.tenant_of(benchmark_id)
        await self._start(tenant, benchmark_id, trigger, request_id or f"event:{message.id}", version_id)

    async def _version_saved(self, message: EventMessage) -> None:
        tenant, prompt_id, version_id = (_text(message.detail, name) for name in ("tenant", "prompt_id", "version_id"))
        if tenant is None or prompt_id is None or version_id is None:
            raise InvalidRequest("The event names no version")
        for watching in await self._benchmarks.watching(tenant, prompt_id):
            await self._start(tenant, watching.benchmark_id, "prompt", f"version:{version_id}", version_id)

    async def _uploaded(self, message: EventMessage) -> None:
        """Rows become a version of their dataset, and what watches that dataset is run on them."""
        place = _UPLOAD.fullmatch(str(message.detail.get("object", {}).get("key", "")))
        if place is None:
            return
        tenant, dataset_id, upload_id = place.groups()
        version = await self._uploads.take_upload(tenant, dataset_id, upload_id)
        if version is not None:
            await self.rows_added(tenant, version)

    async def rows_added(self, tenant: str, version: "DatasetVersion") -> None:
        """Run what watches the dataset."""
        for watching in await self._benchmarks.watching(tenant, version.dataset_id):
            await self._start(tenant, watching.benchmark_id, "dataset", f"dataset:{version.id}", None)

    async def _start(
        self, tenant: str, benchmark_id: str, trigger: "Trigger", request_id: str, version_id: str | None
    ) -> None:
        """For whoever made the benchmark, held to what that one's key is held to. One of several that cannot be started
        does not keep the others."""
        try:
            caller = caller_of(await self._benchmarks.get(tenant, benchmark_id))
            await self._tenants.of(caller)
            await self._runs.start(caller, benchmark_id, version_id=version_id, request_id=request_id, trigger=trigger)
        except (Conflict, Forbidden, InvalidRequest, NotFound, TooLarge) as refused:
            told = {"benchmark_id": benchmark_id, "trigger": trigger, "reason": refused.message}
            logger.warning("benchmark not started", extra=told)


def caller_of(benchmark: "Benchmark") -> Caller:
    return Caller(benchmark.tenant, Role.MEMBER, id=benchmark.created_by, quotas=benchmark.quotas)


def _text(detail: dict[str, Any], name: str) -> str | None:
    value = detail.get(name)
    return value if isinstance(value, str) and value else None


class OutsideWork:
    """What of the queue comes from outside, or goes there."""

    def __init__(self, triggers: BenchmarkTriggers, webhooks: "Webhooks") -> None:
        self._triggers = triggers
        self._webhooks = webhooks

    async def event(self, message: EventMessage) -> None:
        await self._triggers.event(message)

    async def webhook(self, message: WebhookMessage) -> None:
        await self._webhooks.webhook(message)
