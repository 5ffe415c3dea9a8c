"""Playgrounds and what is in them."""

from functools import cached_property

from promptyard.bootstrap.parts import Part
from promptyard.services.playgrounds.blueprints import BlueprintService
from promptyard.services.playgrounds.metric_configurations import ConfigurationService
from promptyard.services.playgrounds.moderation_reports import ReportService
from promptyard.services.playgrounds.playgrounds import PlaygroundService
from promptyard.storage.playgrounds.blueprints import DynamoBlueprintStore
from promptyard.storage.playgrounds.metric_configurations import DynamoConfigurationStore
from promptyard.storage.playgrounds.moderation_reports import DynamoReportStore
from promptyard.storage.playgrounds.playgrounds import DynamoPlaygroundStore
from promptyard.storage.table.table import Table


class PlaygroundServices(Part):
    aws = ("dynamodb",)

    @cached_property
    def playgrounds(self) -> PlaygroundService:
        return PlaygroundService(self.store, self.configuration_store, self._parts.callers.audit)

    @cached_property
    def blueprints(self) -> BlueprintService:
        prompts, resolver = self._parts.prompts.prompts, self._parts.models.resolver
        return BlueprintService(self.blueprint_store, self.store, prompts, resolver)

    @cached_property
    def configurations(self) -> ConfigurationService:
        return ConfigurationService(
            self.configuration_store,
            self.store,
            self.blueprint_store,
            self._parts.models.resolver,
            self._parts.callers.audit,
            has_guardrail=self._parts.settings.guardrail_id is not None,
        )

    @cached_property
    def reports(self) -> ReportService:
        return ReportService(self.report_store, self.store, self._parts.runs.store)

    @cached_property
    def store(self) -> DynamoPlaygroundStore:
        return DynamoPlaygroundStore(self._table)

    @cached_property
    def blueprint_store(self) -> DynamoBlueprintStore:
        return DynamoBlueprintStore(self._table)

    @cached_property
    def configuration_store(self) -> DynamoConfigurationStore:
        return DynamoConfigurationStore(self._table)

    @cached_property
    def report_store(self) -> DynamoReportStore:
        return DynamoReportStore(self._table, retention=self._parts.retention)

    @cached_property
    def _table(self) -> Table:
        return self._parts.table("playgrounds")
