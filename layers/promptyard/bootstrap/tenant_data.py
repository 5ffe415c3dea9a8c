"""A tenant's data as a whole."""

from datetime import timedelta
from functools import cached_property
from typing import Annotated

from promptyard.bootstrap.account import AccountServices
from promptyard.bootstrap.callers import CallerServices
from promptyard.bootstrap.metering import MeteringServices
from promptyard.bootstrap.models import ModelServices
from promptyard.bootstrap.parts import Part, provided
from promptyard.bootstrap.playgrounds import PlaygroundServices
from promptyard.bootstrap.prompts import PromptServices
from promptyard.bootstrap.runs import RunServices
from promptyard.services.tenant_data.erasure import LET_IN_BEFORE, TenantErasure
from promptyard.services.tenant_data.export import TenantExport
from promptyard.storage.tenant_data.tenant_data import TABLES, DynamoTenantData


class TenantDataServices(Part):
    @cached_property
    def export(self) -> TenantExport:
        callers, kept = self._parts[CallerServices], self._parts[PlaygroundServices]
        runs, metering = self._parts[RunServices], self._parts[MeteringServices]
        return TenantExport(
            data=self.store,
            tenants=callers.tenants,
            runs=runs.store,
            saved_runs=runs.saved_store,
            prompts=self._parts[PromptServices].store,
            playgrounds=kept.store,
            blueprints=kept.blueprint_store,
            configurations=kept.configuration_store,
            reports=kept.report_store,
            keys=self._parts[AccountServices].api_keys,
            provider_keys=self._parts[ModelServices].stored_keys,
            months=metering.months,
            ledger=metering.ledger,
            audit=callers.audit,
        )

    @cached_property
    def erasure(self) -> TenantErasure:
        callers = self._parts[CallerServices]
        return TenantErasure(
            data=self.store,
            tenants=callers.tenants,
            keys=self._parts[AccountServices].api_keys,
            provider_keys=self._parts[ModelServices].stored_keys,
            months=self._parts[MeteringServices].months,
            sweeper=self._parts[RunServices].sweeper,
            audit=callers.audit,
            # Open, there is one process, which knows of the mark at once.
            let_in_before=timedelta(0) if self._parts.settings.auth == "open" else LET_IN_BEFORE,
        )

    @cached_property
    def store(self) -> DynamoTenantData:
        return DynamoTenantData({name: self._parts.table(name) for name in TABLES}, self._parts.bucket)


TenantExports = Annotated[TenantExport, provided(lambda parts: parts[TenantDataServices].export)]
TenantErasures = Annotated[TenantErasure, provided(lambda parts: parts[TenantDataServices].erasure)]
