"""What keeps data: the deployment's tables, bucket and secrets, and the store on top of each. Like `bootstrap`, it
imports and makes each at its first use."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from promptyard.aws.clients import Clients

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from promptyard.aws.secrets import ProviderSecrets
    from promptyard.services.ports.account import TenantStore
    from promptyard.services.ports.playgrounds import BlueprintStore, ConfigurationStore, PlaygroundStore, ReportStore
    from promptyard.services.ports.runs import RunStore
    from promptyard.settings import Settings
    from promptyard.storage.account.api_keys import DynamoApiKeyStore
    from promptyard.storage.account.audit import DynamoAuditStore
    from promptyard.storage.metering.ledger import DynamoLedger
    from promptyard.storage.metering.months import DynamoMonths
    from promptyard.storage.metering.usage_hours import DynamoUsageHours
    from promptyard.storage.prompts.prompts import DynamoPromptStore
    from promptyard.storage.runs.idempotency import DynamoIdempotency
    from promptyard.storage.runs.run_content import DynamoRunContent
    from promptyard.storage.runs.saved_runs import DynamoSavedRunStore
    from promptyard.storage.table.objects import Objects
    from promptyard.storage.table.table import Table
    from promptyard.storage.tenant_data.tenant_data import DynamoTenantData


class Stores:
    """A table or bucket that the environment does not name raises BadSetting when it is used, not before: a function
    is told the names of what its own routes use, and services know of more."""

    def __init__(self, settings: "Settings", environment: Mapping[str, str], clients: Clients) -> None:
        self._settings = settings
        self._environment = environment
        self._clients = clients

    @cached_property
    def runs(self) -> "RunStore":
        from promptyard.storage.runs.runs import DynamoRunStore

        return DynamoRunStore(self._runs_table, self._bucket, retention=self._settings.retention())

    @cached_property
    def saved_runs(self) -> "DynamoSavedRunStore":
        from promptyard.storage.runs.saved_runs import DynamoSavedRunStore

        return DynamoSavedRunStore(self._runs_table, self._bucket, retention=self._settings.retention())

    @cached_property
    def run_content(self) -> "DynamoRunContent":
        from promptyard.storage.runs.run_content import DynamoRunContent

        return DynamoRunContent(self._runs_table, self._bucket)

    @cached_property
    def prompts(self) -> "DynamoPromptStore":
        from promptyard.storage.prompts.prompts import DynamoPromptStore

        return DynamoPromptStore(self._table("prompts"), self._bucket)

    @cached_property
    def playgrounds(self) -> "PlaygroundStore":
        from promptyard.storage.playgrounds.playgrounds import DynamoPlaygroundStore

        return DynamoPlaygroundStore(self._playgrounds_table)

    @cached_property
    def blueprints(self) -> "BlueprintStore":
        from promptyard.storage.playgrounds.blueprints import DynamoBlueprintStore

        return DynamoBlueprintStore(self._playgrounds_table)

    @cached_property
    def configurations(self) -> "ConfigurationStore":
        from promptyard.storage.playgrounds.metric_configurations import DynamoConfigurationStore

        return DynamoConfigurationStore(self._playgrounds_table)

    @cached_property
    def reports(self) -> "ReportStore":
        from promptyard.storage.playgrounds.moderation_reports import DynamoReportStore

        return DynamoReportStore(self._playgrounds_table, retention=self._settings.retention())

    @cached_property
    def tenants(self) -> "TenantStore":
        from promptyard.storage.account.tenants import DynamoTenantStore

        return DynamoTenantStore(self._account_table)

    @cached_property
    def api_keys(self) -> "DynamoApiKeyStore":
        from promptyard.storage.account.api_keys import DynamoApiKeyStore

        return DynamoApiKeyStore(self._account_table)

    @cached_property
    def audit(self) -> "DynamoAuditStore":
        from promptyard.storage.account.audit import DynamoAuditStore

        return DynamoAuditStore(self._account_table)

    @cached_property
    def provider_secrets(self) -> "ProviderSecrets":
        from promptyard.aws.secrets import ProviderSecrets

        return ProviderSecrets(self._clients.secretsmanager, self._settings.secret_prefix)

    @cached_property
    def months(self) -> "DynamoMonths":
        from promptyard.storage.metering.months import DynamoMonths

        return DynamoMonths(self._usage_table, self._table("usage", self._clients.dynamodb_once))

    @cached_property
    def ledger(self) -> "DynamoLedger":
        from promptyard.storage.metering.ledger import DynamoLedger

        return DynamoLedger(self._usage_table)

    @cached_property
    def usage_hours(self) -> "DynamoUsageHours":
        from promptyard.storage.metering.usage_hours import DynamoUsageHours

        return DynamoUsageHours(self._usage_table)

    @cached_property
    def idempotency(self) -> "DynamoIdempotency":
        from promptyard.storage.runs.idempotency import DynamoIdempotency

        return DynamoIdempotency(self._usage_table)

    @cached_property
    def tenant_data(self) -> "DynamoTenantData":
        from promptyard.storage.tenant_data.tenant_data import TABLES, DynamoTenantData

        return DynamoTenantData({name: self._table(name) for name in TABLES}, self._bucket)

    @cached_property
    def _runs_table(self) -> "Table":
        return self._table("runs")

    @cached_property
    def _playgrounds_table(self) -> "Table":
        return self._table("playgrounds")

    @cached_property
    def _account_table(self) -> "Table":
        return self._table("account")

    @cached_property
    def _usage_table(self) -> "Table":
        return self._table("usage")

    def _table(self, name: str, client: "Callable[[], DynamoDBClient] | None" = None) -> "Table":
        from promptyard.storage.table.table import Table

        setting = f"PROMPTYARD_{name.upper()}_TABLE"
        in_aws = self._environment.get(setting, "")
        return Table(client or self._clients.dynamodb, in_aws) if in_aws else Table(_not_set(setting), setting)

    @cached_property
    def _bucket(self) -> "Objects":
        from promptyard.storage.table.objects import Objects

        setting = "PROMPTYARD_RUNS_BUCKET"
        in_aws = self._environment.get(setting, "")
        return Objects(self._clients.s3, in_aws) if in_aws else Objects(_not_set(setting), setting)


def _not_set(setting: str) -> Callable[[], Any]:
    def client() -> Any:
        from promptyard.settings import BadSetting

        raise BadSetting(f"{setting}: is not set")

    return client
