"""How collectors are reached: by the guard of callers' addresses."""

from promptyard.domain.errors import EndpointRefused
from promptyard.domain.otlp import TRACES
from promptyard.providers.network.transport import trusted_certificates
from promptyard.providers.network.url_policy import EndpointPolicy, normalise_base_url
from promptyard.providers.network.webhooks import GuardedPoster

_FIELD = "endpoint"


def span_poster(allow_private_endpoints: str | None) -> GuardedPoster:
    """To tenants' collectors; with None to the deployment's own, which may be beside it: only what is in no network of
    anybody's is refused."""
    if allow_private_endpoints is None:
        return GuardedPoster("private", keeps_connections=True, certificates=trusted_certificates)
    return GuardedPoster(allow_private_endpoints, keeps_connections=True)


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
