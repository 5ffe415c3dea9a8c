"""Chooses implementations: the only module that knows them all. Each is imported and made at its first use, so a
function pays for what its routes use and for nothing else."""

import os
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Self

from fastapi import Depends, Request

from promptyard.api.lambda_scope import seconds_left
from promptyard.aws.clients import Clients
from promptyard.domain.catalogue import Catalogue
from promptyard.domain.tenants import LOCAL_TENANT
from promptyard.settings import BadSetting, Settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from promptyard.api.authentication import Authenticator
    from promptyard.aws.guardrails import BedrockGuardrail
    from promptyard.domain.access import Caller
    from promptyard.providers.gateway import Gateway
    from promptyard.services.api_keys import ApiKeys
    from promptyard.services.audit import AuditLog
    from promptyard.services.blueprints import BlueprintService
    from promptyard.services.comparisons import CompareService
    from promptyard.services.erasure import TenantErasure
    from promptyard.services.execution import RunExecutor
    from promptyard.services.guards import RunGuard
    from promptyard.services.idempotency import Idempotency
    from promptyard.services.metering import Meter
    from promptyard.services.metric_configurations import ConfigurationService
    from promptyard.services.moderation_reports import ReportService
    from promptyard.services.places import Place, Places
    from promptyard.services.playground_guard import PlaygroundGuards
    from promptyard.services.playground_ports import (
        BlueprintStore,
        ConfigurationStore,
        PlaygroundStore,
        ReportStore,
    )
    from promptyard.services.playgrounds import PlaygroundService
    from promptyard.services.ports import RunStore
    from promptyard.services.prompts import PromptService
    from promptyard.services.provider_keys import DeploymentKeys, ProviderKeyService, StoredProviderKeys, TenantKeys
    from promptyard.services.reconciliation import Reconciler
    from promptyard.services.reruns import RerunService
    from promptyard.services.retention import Retention
    from promptyard.services.runs import RunService
    from promptyard.services.saved_runs import SavedRunService
    from promptyard.services.sweeper import Sweeper
    from promptyard.services.targets import TargetResolver
    from promptyard.services.tenant_export import TenantExport
    from promptyard.services.tenants import TenantDirectory, Tenants, TenantStore
    from promptyard.services.usage import UsageService
    from promptyard.storage.ledger import DynamoLedger
    from promptyard.storage.months import DynamoMonths
    from promptyard.storage.objects import Objects
    from promptyard.storage.prompts import DynamoPromptStore
    from promptyard.storage.saved_runs import DynamoSavedRunStore
    from promptyard.storage.table import Table
    from promptyard.storage.tenant_data import DynamoTenantData
    from promptyard.storage.usage_hours import DynamoUsageHours

_USAGE_TABLE = "PROMPTYARD_USAGE_TABLE"


class Services:
    """Made from the settings, the environment (provider keys and the names of tables and buckets) and AWS clients."""

    def __init__(self, settings: Settings, environment: Mapping[str, str], clients: Clients | None = None) -> None:
        self.settings = settings
        self._environment = environment
        self._clients = clients or Clients()

    @classmethod
    def from_environment(cls) -> Self:
        return cls(Settings.from_environment(os.environ), os.environ)

    @cached_property
    def authenticate(self) -> "Authenticator":
        from promptyard.api.credentials import Credentials, OpenToAll

        if self.settings.auth == "open":
            return OpenToAll(self.api_keys)
        return Credentials(self.api_keys, self.tenant_directory, self.settings.jwt_issuers, self.settings.gateway_auth)

    @cached_property
    def audit(self) -> "AuditLog":
        from promptyard.services.audit import AuditLog
        from promptyard.storage.audit import DynamoAuditStore

        return AuditLog(DynamoAuditStore(self._account_table))

    @cached_property
    def api_keys(self) -> "ApiKeys":
        from promptyard.services.api_keys import ApiKeys
        from promptyard.storage.api_keys import DynamoApiKeyStore

        return ApiKeys(DynamoApiKeyStore(self._account_table), self.audit)

    @cached_property
    def tenant_store(self) -> "TenantStore":
        from promptyard.storage.tenants import DynamoTenantStore

        return DynamoTenantStore(self._account_table)

    @cached_property
    def tenant_directory(self) -> "TenantDirectory":
        from promptyard.services.tenants import TenantDirectory

        return TenantDirectory(self.tenant_store, built_in=LOCAL_TENANT if self.settings.auth == "open" else None)

    @cached_property
    def tenants(self) -> "Tenants":
        from promptyard.services.tenants import Tenants

        return Tenants(self.tenant_store, self.tenant_directory, self.api_keys, self.audit)

    @cached_property
    def catalogue(self) -> Catalogue:
        from promptyard.domain.catalogue_data import load_models
        from promptyard.providers.registry import PROVIDERS

        return Catalogue(PROVIDERS, load_models())

    @cached_property
    def deployment_keys(self) -> "DeploymentKeys":
        from promptyard.providers.keys import EnvironmentKeys

        secrets = self.settings.provider_secrets
        if not secrets:
            return EnvironmentKeys(self._environment)
        from promptyard.aws.secrets import DeploymentSecrets
        from promptyard.services.deployment_keys import SecretKeys

        plain = EnvironmentKeys({**self._environment, **dict.fromkeys(secrets, "a secret")})
        return SecretKeys(secrets, DeploymentSecrets(self._clients.secretsmanager), plain)

    @cached_property
    def stored_provider_keys(self) -> "StoredProviderKeys":
        from promptyard.aws.secrets import ProviderSecrets
        from promptyard.services.provider_keys import StoredProviderKeys

        return StoredProviderKeys(ProviderSecrets(self._clients.secretsmanager, self.settings.secret_prefix))

    @cached_property
    def keys(self) -> "TenantKeys":
        from promptyard.services.provider_keys import TenantKeys

        return TenantKeys(self.stored_provider_keys, self.tenant_directory, self.deployment_keys)

    @cached_property
    def provider_keys(self) -> "ProviderKeyService":
        from promptyard.services.provider_keys import ProviderKeyService

        return ProviderKeyService(self.stored_provider_keys, self.catalogue, self.deployment_keys.base_url, self.audit)

    @cached_property
    def resolver(self) -> "TargetResolver":
        from promptyard.services.targets import TargetResolver

        return TargetResolver(self.catalogue, self.keys)

    @cached_property
    def gateway(self) -> "Gateway":
        from promptyard.providers.gateway import Gateway

        return Gateway(allow_private_endpoints=self.settings.allow_private_endpoints)

    @cached_property
    def run_store(self) -> "RunStore":
        from promptyard.storage.runs import DynamoRunStore

        return DynamoRunStore(self._runs_table, self._runs_bucket, retention=self.settings.retention())

    @cached_property
    def executor(self) -> "RunExecutor":
        from promptyard.services.execution import RunExecutor

        return RunExecutor(self.run_store, self.gateway, self.meter)

    @cached_property
    def months(self) -> "DynamoMonths":
        from promptyard.storage.months import DynamoMonths

        return DynamoMonths(self._usage_table, self._table(_USAGE_TABLE, self._clients.dynamodb_once))

    @cached_property
    def ledger(self) -> "DynamoLedger":
        from promptyard.storage.ledger import DynamoLedger

        return DynamoLedger(self._usage_table)

    @cached_property
    def usage(self) -> "UsageService":
        from promptyard.services.usage import UsageService

        return UsageService(self.months, self.ledger, self._usage_hours)

    @cached_property
    def reconciler(self) -> "Reconciler":
        from promptyard.services.reconciliation import Reconciler

        return Reconciler(self.months, self.ledger, self._usage_hours)

    @cached_property
    def idempotency(self) -> "Idempotency":
        from promptyard.services.idempotency import Idempotency
        from promptyard.storage.idempotency import DynamoIdempotency

        return Idempotency(DynamoIdempotency(self._usage_table), self.run_store)

    @cached_property
    def meter(self) -> "Meter":
        from promptyard.services.metering import Meter

        return Meter(self.months, self.ledger, self.catalogue)

    @cached_property
    def sweeper(self) -> "Sweeper":
        from promptyard.services.sweeper import Sweeper

        return Sweeper(self.run_store, self.months, self.meter)

    @cached_property
    def runs(self) -> "RunService":
        from promptyard.services.runs import RunService

        return RunService(
            self.run_store,
            self.executor,
            self.resolver,
            self.tenant_directory,
            self.sweeper,
            places=self.places,
            guard_for=self._guard_for,
        )

    @cached_property
    def comparisons(self) -> "CompareService":
        from promptyard.services.comparisons import CompareService

        return CompareService(self.runs)

    @cached_property
    def prompts(self) -> "PromptService":
        from promptyard.services.prompts import PromptService

        return PromptService(self._prompt_store, self.run_store, self.audit)

    @cached_property
    def _prompt_store(self) -> "DynamoPromptStore":
        from promptyard.storage.prompts import DynamoPromptStore

        return DynamoPromptStore(self._table("PROMPTYARD_PROMPTS_TABLE"), self._runs_bucket)

    @cached_property
    def reruns(self) -> "RerunService":
        from promptyard.services.reruns import RerunService

        return RerunService(self.runs, self.prompts, self.catalogue)

    @cached_property
    def saved_runs(self) -> "SavedRunService":
        from promptyard.services.saved_runs import SavedRunService

        return SavedRunService(self._saved_run_store, self.run_store, self.prompts, self.tenant_directory)

    @cached_property
    def _saved_run_store(self) -> "DynamoSavedRunStore":
        from promptyard.storage.saved_runs import DynamoSavedRunStore

        return DynamoSavedRunStore(self._runs_table, self._runs_bucket, retention=self.settings.retention())

    @cached_property
    def playgrounds(self) -> "PlaygroundService":
        from promptyard.services.playgrounds import PlaygroundService

        return PlaygroundService(self._playground_store, self._configuration_store, self.audit)

    @cached_property
    def blueprints(self) -> "BlueprintService":
        from promptyard.services.blueprints import BlueprintService

        return BlueprintService(self._blueprint_store, self._playground_store, self.prompts, self.resolver)

    @cached_property
    def metric_configurations(self) -> "ConfigurationService":
        from promptyard.services.metric_configurations import ConfigurationService

        return ConfigurationService(
            self._configuration_store,
            self._playground_store,
            self._blueprint_store,
            self.resolver,
            has_guardrail=self.settings.guardrail_id is not None,
        )

    @cached_property
    def places(self) -> "Places":
        from promptyard.services.places import Places

        return Places(self._playground_store, self._blueprint_store, self._configuration_store)

    @cached_property
    def playground_guards(self) -> "PlaygroundGuards":
        from promptyard.services.judge import Judge
        from promptyard.services.playground_guard import PlaygroundGuards
        from promptyard.services.scoring import Scorer

        judge = Judge(self.runs.start, self.resolver, self._blueprint_store)
        return PlaygroundGuards(Scorer(judge, self._guardrail), self._configuration_store, self._report_store)

    def _guard_for(self, caller: "Caller", place: "Place") -> "RunGuard":
        """Asked late: guards need runs, for their judges are runs, and runs need guards."""
        return self.playground_guards.guard(caller, place)

    @cached_property
    def moderation_reports(self) -> "ReportService":
        from promptyard.services.moderation_reports import ReportService

        return ReportService(self._report_store, self._playground_store, self.run_store)

    @cached_property
    def _report_store(self) -> "ReportStore":
        from promptyard.storage.moderation_reports import DynamoReportStore

        return DynamoReportStore(self._playgrounds_table, retention=self.settings.retention())

    @cached_property
    def _guardrail(self) -> "BedrockGuardrail | None":
        from promptyard.aws.guardrails import BedrockGuardrail

        if self.settings.guardrail_id is None:
            return None
        identifier, version = self.settings.guardrail_id, self.settings.guardrail_version
        return BedrockGuardrail(lambda: self._clients.get("bedrock-runtime"), identifier, version)

    @cached_property
    def _playground_store(self) -> "PlaygroundStore":
        from promptyard.storage.playgrounds import DynamoPlaygroundStore

        return DynamoPlaygroundStore(self._playgrounds_table)

    @cached_property
    def _blueprint_store(self) -> "BlueprintStore":
        from promptyard.storage.blueprints import DynamoBlueprintStore

        return DynamoBlueprintStore(self._playgrounds_table)

    @cached_property
    def _configuration_store(self) -> "ConfigurationStore":
        from promptyard.storage.metric_configurations import DynamoConfigurationStore

        return DynamoConfigurationStore(self._playgrounds_table)

    @cached_property
    def _playgrounds_table(self) -> "Table":
        return self._table("PROMPTYARD_PLAYGROUNDS_TABLE")

    @cached_property
    def retention(self) -> "Retention":
        from promptyard.services.retention import Retention
        from promptyard.storage.run_content import DynamoRunContent

        content = DynamoRunContent(self._runs_table, self._runs_bucket)
        return Retention(content, self.tenant_directory, self.settings.retention())

    @cached_property
    def tenant_export(self) -> "TenantExport":
        from promptyard.services.tenant_export import TenantExport

        return TenantExport(
            data=self._tenant_data,
            tenants=self.tenant_directory,
            runs=self.run_store,
            saved_runs=self._saved_run_store,
            prompts=self._prompt_store,
            playgrounds=self._playground_store,
            blueprints=self._blueprint_store,
            configurations=self._configuration_store,
            reports=self._report_store,
            keys=self.api_keys,
            provider_keys=self.stored_provider_keys,
            months=self.months,
            ledger=self.ledger,
            audit=self.audit,
        )

    @cached_property
    def tenant_erasure(self) -> "TenantErasure":
        from promptyard.services.erasure import LET_IN_BEFORE, TenantErasure

        return TenantErasure(
            data=self._tenant_data,
            tenants=self.tenant_directory,
            keys=self.api_keys,
            provider_keys=self.stored_provider_keys,
            months=self.months,
            sweeper=self.sweeper,
            audit=self.audit,
            # Open, there is one process, which knows of the mark at once.
            let_in_before=timedelta(0) if self.settings.auth == "open" else LET_IN_BEFORE,
        )

    @cached_property
    def _tenant_data(self) -> "DynamoTenantData":
        from promptyard.storage.tenant_data import TABLES, DynamoTenantData

        tables = {name: self._table(f"PROMPTYARD_{name.upper()}_TABLE") for name in TABLES}
        return DynamoTenantData(tables, self._runs_bucket)

    @cached_property
    def _runs_table(self) -> "Table":
        return self._table("PROMPTYARD_RUNS_TABLE")

    @cached_property
    def _runs_bucket(self) -> "Objects":
        return self._bucket("PROMPTYARD_RUNS_BUCKET")

    @cached_property
    def _usage_hours(self) -> "DynamoUsageHours":
        from promptyard.storage.usage_hours import DynamoUsageHours

        return DynamoUsageHours(self._usage_table)

    @cached_property
    def _usage_table(self) -> "Table":
        return self._table(_USAGE_TABLE)

    @cached_property
    def _account_table(self) -> "Table":
        return self._table("PROMPTYARD_ACCOUNT_TABLE")

    def _table(self, setting: str, client: "Callable[[], DynamoDBClient] | None" = None) -> "Table":
        from promptyard.storage.table import Table

        name = self._environment.get(setting, "")
        return Table(client or self._clients.dynamodb, name) if name else Table(_not_set(setting), setting)

    def _bucket(self, setting: str) -> "Objects":
        from promptyard.storage.objects import Objects

        name = self._environment.get(setting, "")
        return Objects(self._clients.s3, name) if name else Objects(_not_set(setting), setting)

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


def _not_set(setting: str) -> Callable[[], Any]:
    """In a client's place: a function is told the names of what its own routes use, and services know of more."""

    def client() -> Any:
        raise BadSetting(f"{setting}: is not set")

    return client


def _provided(request: Request) -> Services:
    services: Services = request.app.state.provided()
    return services


Provided = Annotated[Services, Depends(_provided)]
"""A route's parameter type for the services."""
