"""Chooses implementations: the only module that knows them all. Each is imported and made at its first use, so a
function pays for what its routes use and for nothing else."""

import os
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Self

from fastapi import Depends, Request

from promptyard.api.lambda_scope import seconds_left
from promptyard.aws.clients import Clients
from promptyard.stores import Stores

if TYPE_CHECKING:
    from promptyard.api.auth.authentication import Authenticator
    from promptyard.aws.bus import EventBus
    from promptyard.aws.guardrails import BedrockGuardrail
    from promptyard.domain.account.access import Caller
    from promptyard.domain.metering.ledger import MonthUsage
    from promptyard.domain.models.catalogue import Catalogue
    from promptyard.providers.gateway import Gateway
    from promptyard.services.account.api_keys import ApiKeys
    from promptyard.services.account.audit import AuditLog
    from promptyard.services.account.provider_keys import ProviderKeyService, StoredProviderKeys, TenantKeys
    from promptyard.services.account.tenants import TenantDirectory, Tenants
    from promptyard.services.metering.meter import Meter
    from promptyard.services.metering.reconciliation import Reconciler
    from promptyard.services.metering.usage import UsageService
    from promptyard.services.playgrounds.blueprints import BlueprintService
    from promptyard.services.playgrounds.metric_configurations import ConfigurationService
    from promptyard.services.playgrounds.moderation_reports import ReportService
    from promptyard.services.playgrounds.places import Place, Places
    from promptyard.services.playgrounds.playground_guard import PlaygroundGuards
    from promptyard.services.playgrounds.playgrounds import PlaygroundService
    from promptyard.services.ports.account import DeploymentKeys
    from promptyard.services.ports.runs import RunGuard
    from promptyard.services.prompts.registry import PromptService
    from promptyard.services.runs.comparisons import CompareService
    from promptyard.services.runs.execution import RunExecutor
    from promptyard.services.runs.idempotency import Idempotency
    from promptyard.services.runs.reruns import RerunService
    from promptyard.services.runs.retention import Retention
    from promptyard.services.runs.run_handle import RunHandle
    from promptyard.services.runs.runs import RunService
    from promptyard.services.runs.saved_runs import SavedRunService
    from promptyard.services.runs.sweeper import Sweeper
    from promptyard.services.runs.targets import TargetResolver
    from promptyard.services.tenant_data.erasure import TenantErasure
    from promptyard.services.tenant_data.export import TenantExport
    from promptyard.settings import Settings


class Services:
    """Made from the settings, the environment (provider keys and the names of tables and buckets) and AWS clients."""

    def __init__(self, settings: "Settings", environment: Mapping[str, str], clients: Clients | None = None) -> None:
        self.settings = settings
        self._environment = environment
        self._clients = clients or Clients()
        self.stores = Stores(settings, environment, self._clients)

    @classmethod
    def from_environment(cls) -> Self:
        from promptyard.settings import Settings

        return cls(Settings.from_environment(os.environ), os.environ)

    @cached_property
    def authenticate(self) -> "Authenticator":
        from promptyard.api.auth.credentials import Credentials, OpenToAll

        if self.settings.auth == "open":
            return OpenToAll(self.api_keys)
        return Credentials(self.api_keys, self.tenant_directory, self.settings.jwt_issuers, self.settings.gateway_auth)

    @cached_property
    def audit(self) -> "AuditLog":
        from promptyard.services.account.audit import AuditLog

        return AuditLog(self.stores.audit)

    @cached_property
    def api_keys(self) -> "ApiKeys":
        from promptyard.services.account.api_keys import ApiKeys

        return ApiKeys(self.stores.api_keys, self.audit, self._month)

    async def _month(self, tenant: str, month: str) -> "MonthUsage":
        """Asked late: every function knows who calls, and most need no months for it."""
        return await self.stores.months.month(tenant, month)

    @cached_property
    def tenant_directory(self) -> "TenantDirectory":
        from promptyard.domain.account.tenants import LOCAL_TENANT
        from promptyard.services.account.tenants import TenantDirectory

        return TenantDirectory(self.stores.tenants, built_in=LOCAL_TENANT if self.settings.auth == "open" else None)

    @cached_property
    def tenants(self) -> "Tenants":
        from promptyard.services.account.tenants import Tenants

        return Tenants(self.stores.tenants, self.tenant_directory, self.api_keys, self.audit)

    @cached_property
    def catalogue(self) -> "Catalogue":
        from promptyard.domain.models.catalogue import Catalogue
        from promptyard.domain.models.catalogue_data import load_models
        from promptyard.providers.registry import PROVIDERS

        return Catalogue(PROVIDERS, load_models())

    @cached_property
    def deployment_keys(self) -> "DeploymentKeys":
        from promptyard.providers.keys import EnvironmentKeys

        secrets = self.settings.provider_secrets
        if not secrets:
            return EnvironmentKeys(self._environment)
        from promptyard.aws.secrets import DeploymentSecrets
        from promptyard.services.account.deployment_keys import SecretKeys

        plain = EnvironmentKeys({**self._environment, **dict.fromkeys(secrets, "a secret")})
        return SecretKeys(secrets, DeploymentSecrets(self._clients.secretsmanager), plain)

    @cached_property
    def stored_provider_keys(self) -> "StoredProviderKeys":
        from promptyard.services.account.provider_keys import StoredProviderKeys

        return StoredProviderKeys(self.stores.provider_secrets)

    @cached_property
    def keys(self) -> "TenantKeys":
        from promptyard.services.account.provider_keys import TenantKeys

        return TenantKeys(self.stored_provider_keys, self.tenant_directory, self.deployment_keys)

    @cached_property
    def provider_keys(self) -> "ProviderKeyService":
        from promptyard.services.account.provider_keys import ProviderKeyService

        return ProviderKeyService(self.stored_provider_keys, self.catalogue, self.deployment_keys.base_url, self.audit)

    @cached_property
    def resolver(self) -> "TargetResolver":
        from promptyard.services.runs.targets import TargetResolver

        return TargetResolver(self.catalogue, self.keys)

    @cached_property
    def gateway(self) -> "Gateway":
        from promptyard.providers.gateway import Gateway

        return Gateway(allow_private_endpoints=self.settings.allow_private_endpoints)

    @cached_property
    def executor(self) -> "RunExecutor":
        from promptyard.services.runs.execution import RunExecutor

        return RunExecutor(self.stores.runs, self.gateway, self.meter)

    @cached_property
    def usage(self) -> "UsageService":
        from promptyard.services.metering.usage import UsageService

        return UsageService(self.stores.months, self.stores.ledger, self.stores.usage_hours)

    @cached_property
    def reconciler(self) -> "Reconciler":
        from promptyard.services.metering.reconciliation import Reconciler

        return Reconciler(self.stores.months, self.stores.ledger, self.stores.usage_hours)

    @cached_property
    def idempotency(self) -> "Idempotency":
        from promptyard.services.runs.idempotency import Idempotency

        return Idempotency(self.stores.idempotency, self.stores.runs, self._run_going_on)

    def _run_going_on(self, run_id: str) -> "RunHandle | None":
        return self.executor.handle_of(run_id) if "executor" in vars(self) else None

    @cached_property
    def meter(self) -> "Meter":
        from promptyard.services.metering.meter import Meter

        return Meter(self.stores.months, self.stores.ledger, self.catalogue)

    @cached_property
    def sweeper(self) -> "Sweeper":
        from promptyard.services.runs.sweeper import Sweeper

        return Sweeper(self.stores.runs, self.stores.months, self.meter)

    @cached_property
    def runs(self) -> "RunService":
        from promptyard.services.runs.runs import RunService

        return RunService(
            self.stores.runs,
            self.executor,
            self.resolver,
            self.tenant_directory,
            self.sweeper,
            places=self.places,
            guard_for=self._guard_for,
        )

    @cached_property
    def comparisons(self) -> "CompareService":
        from promptyard.services.runs.comparisons import CompareService

        return CompareService(self.runs)

    @cached_property
    def prompts(self) -> "PromptService":
        from promptyard.services.prompts.registry import PromptService

        return PromptService(self.stores.prompts, self.stores.runs, self.audit, self._event_bus)

    @cached_property
    def _event_bus(self) -> "EventBus | None":
        if self.settings.event_bus is None:
            return None
        from promptyard.aws.bus import EventBus

        return EventBus(lambda: self._clients.get("events", attempts=2), self.settings.event_bus)

    @cached_property
    def reruns(self) -> "RerunService":
        from promptyard.services.runs.reruns import RerunService

        return RerunService(self.runs, self.prompts, self.catalogue)

    @cached_property
    def saved_runs(self) -> "SavedRunService":
        from promptyard.services.runs.saved_runs import SavedRunService

        return SavedRunService(self.stores.saved_runs, self.stores.runs, self.prompts, self.tenant_directory)

    @cached_property
    def playgrounds(self) -> "PlaygroundService":
        from promptyard.services.playgrounds.playgrounds import PlaygroundService

        return PlaygroundService(self.stores.playgrounds, self.stores.configurations, self.audit)

    @cached_property
    def blueprints(self) -> "BlueprintService":
        from promptyard.services.playgrounds.blueprints import BlueprintService

        return BlueprintService(self.stores.blueprints, self.stores.playgrounds, self.prompts, self.resolver)

    @cached_property
    def metric_configurations(self) -> "ConfigurationService":
        from promptyard.services.playgrounds.metric_configurations import ConfigurationService

        return ConfigurationService(
            self.stores.configurations,
            self.stores.playgrounds,
            self.stores.blueprints,
            self.resolver,
            self.audit,
            has_guardrail=self.settings.guardrail_id is not None,
        )

    @cached_property
    def places(self) -> "Places":
        from promptyard.services.playgrounds.places import Places

        return Places(self.stores.playgrounds, self.stores.blueprints, self.stores.configurations)

    @cached_property
    def playground_guards(self) -> "PlaygroundGuards":
        from promptyard.services.playgrounds.judge import Judge
        from promptyard.services.playgrounds.playground_guard import PlaygroundGuards
        from promptyard.services.playgrounds.scoring import Scorer

        judge = Judge(self.runs.start, self.resolver, self.stores.blueprints)
        return PlaygroundGuards(Scorer(judge, self._guardrail), self.stores.configurations, self.stores.reports)

    def _guard_for(self, caller: "Caller", place: "Place") -> "RunGuard":
        """Asked late: guards need runs, for their judges are runs, and runs need guards."""
        return self.playground_guards.guard(caller, place)

    @cached_property
    def moderation_reports(self) -> "ReportService":
        from promptyard.services.playgrounds.moderation_reports import ReportService

        return ReportService(self.stores.reports, self.stores.playgrounds, self.stores.runs)

    @cached_property
    def _guardrail(self) -> "BedrockGuardrail | None":
        from promptyard.aws.guardrails import BedrockGuardrail

        if self.settings.guardrail_id is None:
            return None
        identifier, version = self.settings.guardrail_id, self.settings.guardrail_version
        return BedrockGuardrail(lambda: self._clients.get("bedrock-runtime"), identifier, version)

    @cached_property
    def retention(self) -> "Retention":
        from promptyard.services.runs.retention import Retention

        return Retention(self.stores.run_content, self.tenant_directory, self.settings.retention())

    @cached_property
    def tenant_export(self) -> "TenantExport":
        from promptyard.services.tenant_data.export import TenantExport

        return TenantExport(
            data=self.stores.tenant_data,
            tenants=self.tenant_directory,
            runs=self.stores.runs,
            saved_runs=self.stores.saved_runs,
            prompts=self.stores.prompts,
            playgrounds=self.stores.playgrounds,
            blueprints=self.stores.blueprints,
            configurations=self.stores.configurations,
            reports=self.stores.reports,
            keys=self.api_keys,
            provider_keys=self.stored_provider_keys,
            months=self.stores.months,
            ledger=self.stores.ledger,
            audit=self.audit,
        )

    @cached_property
    def tenant_erasure(self) -> "TenantErasure":
        from promptyard.services.tenant_data.erasure import LET_IN_BEFORE, TenantErasure

        return TenantErasure(
            data=self.stores.tenant_data,
            tenants=self.tenant_directory,
            keys=self.api_keys,
            provider_keys=self.stored_provider_keys,
            months=self.stores.months,
            sweeper=self.sweeper,
            audit=self.audit,
            # Open, there is one process, which knows of the mark at once.
            let_in_before=timedelta(0) if self.settings.auth == "open" else LET_IN_BEFORE,
        )

    def run_seconds(self, scope: Mapping[str, Any]) -> float:
        """How long a run of this request may take."""
        return seconds_left(scope, self.settings.run_deadline_seconds)

    async def close(self) -> None:
        if "comparisons" in vars(self):
            await self.comparisons.close()
        if "executor" in vars(self):
            await self.executor.close()
        if "gateway" in vars(self):
            await self.gateway.aclose()
        if "api_keys" in vars(self):
            await self.api_keys.close()


def _provided(request: Request) -> Services:
    services: Services = request.app.state.provided()
    return services


Provided = Annotated[Services, Depends(_provided)]
"""A route's parameter type for the services."""
