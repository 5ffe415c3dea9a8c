"""What sends runs to a collector."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from promptyard.aws.secrets import DeploymentSecrets
from promptyard.domain.otlp import parse_headers, traces_url
from promptyard.providers.network.transport import trusted_certificates
from promptyard.providers.network.webhooks import GuardedPoster
from promptyard.providers.telemetry.exporter import SpanExporter
from promptyard.services.account.collector_headers import SecretHeaders

if TYPE_CHECKING:
    from promptyard.bootstrap.parts import Parts

HEADERS = "OTEL_EXPORTER_OTLP_HEADERS"


def span_exporter(parts: "Parts", endpoint: str) -> SpanExporter:
    """To the deployment's own collector, which may be beside it: only what is in no network of anybody's is refused."""
    settings = parts.settings
    poster = GuardedPoster("private", keeps_connections=True, certificates=trusted_certificates)
    secret = settings.provider_secrets.get(HEADERS)
    if secret is not None:
        headers = SecretHeaders(secret, DeploymentSecrets(parts.clients.secretsmanager)).headers
        return SpanExporter(traces_url(endpoint), headers, poster, content=settings.span_content)
    given = parse_headers(settings.otlp_headers.get_secret_value())

    async def plain() -> Mapping[str, str]:
        return given

    return SpanExporter(traces_url(endpoint), plain, poster, content=settings.span_content)
