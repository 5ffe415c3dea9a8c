"""What a tenant's admins and the operators manage."""

from collections.abc import Collection
from datetime import UTC, datetime
from functools import cached_property

from promptyard.bootstrap.parts import Part
from promptyard.domain.metering.ledger import month_of
from promptyard.services.account.api_keys import ApiKeys
from promptyard.services.account.collectors import CollectorService
from promptyard.services.account.provider_keys import ProviderKeyService
from promptyard.services.account.tenants import Tenants


class AccountServices(Part):
    @cached_property
    def api_keys(self) -> ApiKeys:
        callers = self._parts.callers
        return ApiKeys(callers.key_store, callers.keys, callers.audit, self._counted_keys)

    async def _counted_keys(self, tenant: str) -> Collection[str]:
        months = self._parts.metering.months
        return (await months.month(tenant, month_of(datetime.now(UTC)))).keys

    @cached_property
    def tenants(self) -> Tenants:
        callers = self._parts.callers
        return Tenants(callers.tenant_store, callers.tenants, self.api_keys, callers.audit)

    @cached_property
    def provider_keys(self) -> ProviderKeyService:
        models, audit = self._parts.models, self._parts.callers.audit
        return ProviderKeyService(models.stored_keys, models.catalogue, models.deployment_keys.base_url, audit)

    @cached_property
    def collectors(self) -> CollectorService:
        telemetry = self._parts.telemetry
        return CollectorService(telemetry.collectors, telemetry.plain_endpoint, self._parts.callers.audit)
