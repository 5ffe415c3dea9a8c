"""Playgrounds and what is in them."""

from functools import cached_property
from typing import Annotated

from promptyard.bootstrap.callers import CallerServices
from promptyard.bootstrap.models import ModelServices
from promptyard.bootstrap.parts import Part, provided
from promptyard.bootstrap.prompts import PromptServices
from promptyard.bootstrap.runs import RunServices
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
    @cached_property
    def playgrounds(self) -> PlaygroundService:
        return PlaygroundService(self.store, self.configuration_store, self._parts[CallerServices].audit)

    @cached_property
    def blueprints(self) -> BlueprintService:
        prompts, resolver = self._parts[PromptServices].prompts, self._parts[ModelServices].resolver
        return BlueprintService(self.blueprint_store, self.store, prompts, resolver)

    @cached_property
    def configurations(self) -> ConfigurationService:
        return ConfigurationService(
            self.configuration_store,
            self.store,
            self.blueprint_store,
            self._parts[ModelServices].resolver,
            self._parts[CallerServices].audit,
            has_guardrail=self._parts.settings.guardrail_id is not None,
        )

    @cached_property
    def reports(self) -> ReportService:
        return ReportService(self.report_store, self.store, self._parts[RunServices].store)

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


Playgrounds = Annotated[PlaygroundService, provided(lambda parts: parts[PlaygroundServices].playgrounds)]
Blueprints = Annotated[BlueprintService, provided(lambda parts: parts[PlaygroundServices].blueprints)]
Configurations = Annotated[ConfigurationService, provided(lambda parts: parts[PlaygroundServices].configurations)]
Reports = Annotated[ReportService, provided(lambda parts: parts[PlaygroundServices].reports)]
