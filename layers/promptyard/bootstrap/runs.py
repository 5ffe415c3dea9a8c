"""Runs as they are kept: looked up, saved, settled when they died, deleted when they expire."""

from functools import cached_property

from promptyard.aws.metric_lines import MetricLines
from promptyard.bootstrap.parts import Part
from promptyard.services.runs.history import RunHistory
from promptyard.services.runs.observing import Observers
from promptyard.services.runs.resuming.kept_streams import KeptStreams
from promptyard.services.runs.resuming.stream_memory import StreamMemory
from promptyard.services.runs.retention import Retention
from promptyard.services.runs.saved_runs import SavedRunService
from promptyard.services.runs.settling.sweeper import Sweeper
from promptyard.storage.runs.run_content import DynamoRunContent
from promptyard.storage.runs.run_items import ROOM_AT_ONCE, ROOM_IN_AWS
from promptyard.storage.runs.runs import DynamoRunStore
from promptyard.storage.runs.saved_runs import DynamoSavedRunStore
from promptyard.storage.runs.stream_pieces import DynamoStreamStore
from promptyard.storage.table.table import Table


class RunServices(Part):
    aws = ("dynamodb", "s3")

    @cached_property
    def history(self) -> RunHistory:
        return RunHistory(self.store, self.sweeper, self.streams)

    @cached_property
    def streams(self) -> KeptStreams:
        memory = StreamMemory() if self._parts.settings.remember_streams else None
        return KeptStreams(DynamoStreamStore(self._table), memory)

    @cached_property
    def saved_runs(self) -> SavedRunService:
        prompts, tenants = self._parts.prompts.prompts, self._parts.callers.tenants
        return SavedRunService(self.saved_store, self.store, prompts, tenants)

    @cached_property
    def sweeper(self) -> Sweeper:
        metering = self._parts.metering
        return Sweeper(self.store, metering.months, metering.meter, self.observers)

    @cached_property
    def observers(self) -> Observers:
        lines, exporters = self._metric_lines, self._parts.telemetry.exporters
        return Observers(*exporters) if lines is None else Observers(lines, *exporters)

    @property
    def _metric_lines(self) -> MetricLines | None:
        namespace = self._parts.settings.metrics_namespace
        if namespace is None:
            return None
        return MetricLines(namespace, {provider.id for provider in self._parts.models.catalogue.providers})

    @cached_property
    def retention(self) -> Retention:
        content = DynamoRunContent(self._table, self._parts.bucket)
        return Retention(content, self._parts.retention)

    @cached_property
    def store(self) -> DynamoRunStore:
        once = self._parts.table("runs", self._parts.clients.dynamodb_once)
        room = ROOM_AT_ONCE if self._parts.clients.answers_at_once("dynamodb") else ROOM_IN_AWS
        return DynamoRunStore(self._table, once, self._parts.bucket, retention=self._parts.retention, room=room)

    @cached_property
    def saved_store(self) -> DynamoSavedRunStore:
        return DynamoSavedRunStore(self._table, self._parts.bucket, retention=self._parts.retention)

    @cached_property
    def _table(self) -> Table:
        return self._parts.table("runs")

    async def rest(self) -> None:
        if "observers" in vars(self):
            await self.observers.rest()

    async def close(self) -> None:
        if "streams" in vars(self):
            await self.streams.close()
