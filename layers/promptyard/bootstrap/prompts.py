"""Prompts and their versions."""

from functools import cached_property

from promptyard.aws.bus import EventBus
from promptyard.bootstrap.parts import Part
from promptyard.services.ports.prompts import LabelGate
from promptyard.services.prompts.registry import PromptService
from promptyard.storage.prompts.prompts import DynamoPromptStore


class PromptServices(Part):
    aws = ("dynamodb", "s3")

    @cached_property
    def prompts(self) -> PromptService:
        return PromptService(self.store, self._parts.callers.audit, self.bus, self._gate)

    def _gate(self) -> LabelGate:
        """Asked late: benchmarks need prompts, and few of those who run prompts move labels."""
        return self._parts.label_gates.gate

    @cached_property
    def store(self) -> DynamoPromptStore:
        return DynamoPromptStore(self._parts.table("prompts"), self._parts.bucket)

    @property
    def bus(self) -> EventBus | None:
        bus = self._parts.settings.event_bus
        return None if bus is None else EventBus(lambda: self._parts.clients.get("events", attempts=2), bus)
