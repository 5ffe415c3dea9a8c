"""What sends runs to collectors of traces: the deployment's, and those of tenants."""

from collections.abc import Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING

from promptyard.aws.secrets import DeploymentSecrets, ProviderSecrets
from promptyard.bootstrap.parts import Part
from promptyard.domain.otlp import parse_headers, traces_url
from promptyard.providers.telemetry.exporter import MOST_AT_ONCE, SpanExporter
from promptyard.services.account.collector_headers import SecretHeaders
from promptyard.services.account.collectors import DeploymentCollector, TenantCollectors
from promptyard.services.account.provider_keys import StoredProviderKeys
from promptyard.storage.account.collectors import DynamoCollectorNotes

if TYPE_CHECKING:
    from promptyard.providers.telemetry.network import SpanPoster

HEADERS = "OTEL_EXPORTER_OTLP_HEADERS"


class TelemetryServices(Part):
    aws = ("dynamodb",)

    @cached_property
    def exporters(self) -> tuple[SpanExporter, ...]:
        settings = self._parts.settings
        to_guarded = partial(self._poster, settings.allow_private_endpoints)
        to_tenants = SpanExporter(self.collectors, to_guarded, whose="tenant", most_of_a_tenant=MOST_AT_ONCE // 4)
        if settings.otlp_endpoint is None:
            return (to_tenants,)
        own = self._own_collector(settings.otlp_endpoint)
        return SpanExporter(own, partial(self._poster, None), whose="deployment"), to_tenants

    @cached_property
    def collectors(self) -> TenantCollectors:
        return TenantCollectors(DynamoCollectorNotes(self._parts.table("account")), self.secrets)

    @cached_property
    def secrets(self) -> StoredProviderKeys:
        """Of tenants' collectors: not with their provider keys, which not everybody who ends runs may read."""
        settings, client = self._parts.settings, self._parts.clients.secretsmanager
        return StoredProviderKeys(ProviderSecrets(client, settings.secret_prefix, settings.secrets_key, "collector"))

    def plain_endpoint(self, url: str) -> str:
        """A tenant's collector as it is kept. Raises EndpointRefused."""
        from promptyard.providers.telemetry.network import plain_endpoint  # with the HTTP client

        return plain_endpoint(url, self._parts.settings.allow_private_endpoints)

    def _own_collector(self, endpoint: str) -> DeploymentCollector:
        settings = self._parts.settings
        secret = settings.provider_secrets.get(HEADERS)
        if secret is not None:
            headers = SecretHeaders(secret, DeploymentSecrets(self._parts.clients.secretsmanager)).headers
            return DeploymentCollector(traces_url(endpoint), headers, content=settings.span_content)
        given = parse_headers(settings.otlp_headers.get_secret_value())

        async def plain() -> Mapping[str, str]:
            return given

        return DeploymentCollector(traces_url(endpoint), plain, content=settings.span_content)

    def _poster(self, allow_private_endpoints: str | None) -> "SpanPoster":
        from promptyard.providers.telemetry.network import SpanPoster  # with the HTTP client

        return SpanPoster(allow_private_endpoints)

    def warm(self) -> None:
        """What tenants' collectors need waits for the first one of them."""
        super().warm()
        if self._parts.settings.otlp_endpoint is not None:
            self.exporters[0].warm()

    async def close(self) -> None:
        for exporter in vars(self).get("exporters", ()):
            await exporter.aclose()
