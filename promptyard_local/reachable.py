"""Whether the model servers of this machine, which ask for no key, are there."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

from promptyard.bootstrap.parts import Parts
from promptyard.domain.models.catalogue import ProviderInfo

PATIENCE_SECONDS = 0.3
"""A server on this machine answers within some milliseconds, or nobody listens."""
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def unanswered(services: Parts) -> Mapping[str, str]:
    """The base URLs, by provider, of those on this machine that nobody answers at."""
    keys = services.models.deployment_keys
    urls = {
        provider.id: url
        for provider in services.models.catalogue.providers
        if keys.missing(provider) is None and (url := _on_this_machine(provider, keys.base_url(provider)))
    }
    if not urls:
        return {}
    with ThreadPoolExecutor(len(urls)) as pool:
        answers = dict(zip(urls, pool.map(_answers, urls.values()), strict=True))
    return {provider: url for provider, url in urls.items() if not answers[provider]}


def _on_this_machine(provider: ProviderInfo, configured: str | None) -> str | None:
    url = configured or provider.base_url
    if provider.requires_key or url is None:
        return None
    try:
        return url if urlsplit(url).hostname in _LOOPBACK else None
    except ValueError:
        return None


def _answers(url: str) -> bool:
    """Whatever it says: an answer is one."""
    try:
        build_opener(ProxyHandler({})).open(f"{url}/models", timeout=PATIENCE_SECONDS).close()
    except HTTPError:
        return True
    except (OSError, HTTPException, ValueError):
        return False
    return True
