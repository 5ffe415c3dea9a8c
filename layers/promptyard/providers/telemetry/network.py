"""What is said to collectors, and how they are reached: through the guard of callers' addresses."""

from typing import TYPE_CHECKING

from promptyard.domain.errors import EndpointRefused
from promptyard.domain.otlp import TRACES, Destination
from promptyard.providers.network.transport import trusted_certificates
from promptyard.providers.network.url_policy import EndpointPolicy, normalise_base_url
from promptyard.providers.network.webhooks import GuardedPoster
from promptyard.providers.telemetry.span import export_request, span_of

if TYPE_CHECKING:
    from promptyard.domain.runs.causes import Cause
    from promptyard.domain.runs.run import Run
    from promptyard.domain.runs.trace_context import TraceParent

_FIELD = "endpoint"


class SpanPoster:
    def __init__(self, allow_private_endpoints: str | None) -> None:
        """To tenants' collectors; with None to the deployment's own, which may be beside it: only what is in no network
        of anybody's is refused."""
        if allow_private_endpoints is None:
            self._poster = GuardedPoster("private", keeps_connections=True, certificates=trusted_certificates)
        else:
            self._poster = GuardedPoster(allow_private_endpoints, keeps_connections=True)

    async def post(self, to: Destination, run: "Run", cause: "Cause | None", parent: "TraceParent | None") -> int:
        """The status that is answered. Raises EndpointRefused, ProviderError."""
        body = export_request(span_of(run, cause, parent, content=to.content))
        return await self._poster.post(to.url, {**to.headers, "content-type": "application/json"}, body)

    async def aclose(self) -> None:
        await self._poster.aclose()


def plain_endpoint(url: str, allow_private_endpoints: str) -> str:
    """A tenant's collector as it is kept; where it leads is seen when it is dialled. That of traces alone becomes that
    of all signals. Plain HTTP, by which headers can be read on the way, is for deployments whose callers may name
    addresses that are no public ones. Raises EndpointRefused."""
    try:
        endpoint = normalise_base_url(url)
    except EndpointRefused as refused:
        raise EndpointRefused(refused.message.replace("custom_base_url", _FIELD)) from None
    if endpoint.startswith("http:") and EndpointPolicy.from_setting(allow_private_endpoints) == EndpointPolicy():
        raise EndpointRefused(f"{_FIELD} must be https")
    return endpoint.removesuffix(TRACES).rstrip("/")
