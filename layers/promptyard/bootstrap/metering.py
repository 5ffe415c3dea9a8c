"""What is reserved, charged and summed up."""

from functools import cached_property

from promptyard.bootstrap.parts import Part
from promptyard.domain.account.access import Caller
from promptyard.domain.metering.limits import Limits
from promptyard.services.metering.meter import Meter
from promptyard.services.metering.reconciliation import Reconciler
from promptyard.services.metering.usage import UsageService
from promptyard.storage.metering.ledger import DynamoLedger
from promptyard.storage.metering.months import DynamoMonths
from promptyard.storage.metering.usage_hours import DynamoUsageHours
from promptyard.storage.table.table import Table


class MeteringServices(Part):
    aws = ("dynamodb",)

    @cached_property
    def meter(self) -> Meter:
        at_once = self._parts.settings.runs_at_once
        return Meter(self.months, self.ledger, self._parts.models.catalogue, runs_at_once=at_once)

    async def check_rate(self, caller: Caller) -> None:
        """Raises LimitReached where the caller may begin no run in this minute, as far as this process knows."""
        tenant = await self._parts.callers.tenants.of(caller)
        self.meter.check_rate(caller.tenant, Limits.of(tenant, caller))

    @cached_property
    def usage(self) -> UsageService:
        return UsageService(self.months, self.ledger, self.hours)

    @cached_property
    def reconciler(self) -> Reconciler:
        return Reconciler(self.months, self.ledger, self.hours)

    @cached_property
    def months(self) -> DynamoMonths:
        return DynamoMonths(self._table, self._parts.table("usage", self._parts.clients.dynamodb_once))

    @cached_property
    def ledger(self) -> DynamoLedger:
        return DynamoLedger(self._table)

    @cached_property
    def hours(self) -> DynamoUsageHours:
        return DynamoUsageHours(self._table)

    @cached_property
    def _table(self) -> Table:
        return self._parts.table("usage")
