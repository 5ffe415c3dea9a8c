"""Collectors of traces: the deployment's, which gets the runs of every tenant, and those that tenants have set."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

from pydantic import SecretStr

from promptyard.domain.account.access import Caller
from promptyard.domain.account.collectors import Collector
from promptyard.domain.account.provider_keys import origin_of
from promptyard.domain.errors import InvalidRequest, NotFound
from promptyard.domain.otlp import Destination, check_headers
from promptyard.services.account.audit import AuditLog
from promptyard.services.account.provider_keys import CACHE_SECONDS, CACHE_SIZE, StoredProviderKeys
from promptyard.services.ports.account import CollectorNotes
from promptyard.services.ttl_cache import TtlCache

_NAME = "collector"
"""Of what is kept in its secret, and in the audit log."""


class DeploymentCollector:
    """Implements `services.ports.observing.Destinations`."""

    def __init__(self, url: str, headers: Callable[[], Awaitable[Mapping[str, str]]], *, content: bool) -> None:
        self._url = url
        self._headers = headers
        self._content = content

    def may_have(self, tenant: str) -> bool:  # noqa: ARG002 - every one's runs go there
        return True

    async def find(self, tenant: str) -> Destination:  # noqa: ARG002
        return Destination(self._url, await self._headers(), self._content)


class TenantCollectors:
    """Implements `services.ports.observing.Destinations`. What is known is at most a minute old: in that time a process
    reads one item for a tenant without a collector, and for one with a collector its secret, too."""

    def __init__(self, notes: CollectorNotes, stored: StoredProviderKeys) -> None:
        """`stored`: secrets that hold nothing else."""
        self._notes = notes
        self._stored = stored
        self._noted: TtlCache[str, bool] = TtlCache(CACHE_SECONDS, CACHE_SIZE)

    def may_have(self, tenant: str) -> bool:
        return self._noted.get(tenant) is not False

    async def find(self, tenant: str) -> Destination | None:
        started = self._noted.now()
        if self._noted.get(tenant) is None:
            self._noted.put(tenant, await self._notes.has(tenant), started)
        if not self.may_have(tenant):
            return None
        # Where what is known of the secret is older than the note, it is read anew.
        collector = await self._kept(tenant) or await self._kept(tenant, fresh=True)
        if collector is None:
            self._noted.put(tenant, False, started)
            return None
        return collector.destination()

    async def get(self, tenant: str) -> Collector | None:
        """As it is now. Raises StoreUnavailable."""
        return await self._kept(tenant, fresh=True) if await self._notes.has(tenant) else None

    async def put(self, tenant: str, collector: Collector) -> None:
        """The note comes last: who finds it finds the collector. Raises StoreUnavailable, Conflict, TooLarge."""
        await self._stored.change(tenant, lambda _: {_NAME: collector.kept()})
        await self._notes.note(tenant)
        self._noted.drop(tenant)

    async def remove(self, tenant: str) -> None:
        """The secret stays, empty: a deleted one keeps its name for a while. Raises StoreUnavailable, Conflict."""
        await self._notes.remove(tenant)
        self._noted.drop(tenant)
        await self._stored.change(tenant, lambda _: {})

    async def _kept(self, tenant: str, *, fresh: bool = False) -> Collector | None:
        kept = (await self._stored.of(tenant, fresh=fresh)).get(_NAME)
        return None if kept is None else Collector.of_kept(kept)


class CollectorService:
    """What a tenant's admin does with its collector."""

    def __init__(self, collectors: TenantCollectors, check_endpoint: Callable[[str], str], audit: AuditLog) -> None:
        """`check_endpoint` gives an address in its plainest form; raises EndpointRefused for one that no caller may
        name."""
        self._collectors = collectors
        self._check_endpoint = check_endpoint
        self._audit = audit

    async def get(self, tenant: str) -> Collector:
        """Raises NotFound."""
        collector = await self._collectors.get(tenant)
        if collector is None:
            raise NotFound("No collector is set")
        return collector

    async def put(self, caller: Caller, endpoint: str, headers: Mapping[str, SecretStr], *, content: bool) -> Collector:
        """In the place of the one that there is, headers and all. Raises EndpointRefused, InvalidRequest."""
        by_name = {name.lower(): value for name, value in headers.items()}
        try:
            check_headers({name: value.get_secret_value() for name, value in by_name.items()})
        except ValueError as error:
            raise InvalidRequest(str(error), loc=("body", "headers")) from None
        if len(by_name) < len(headers):
            raise InvalidRequest("headers: a name stands twice", loc=("body", "headers"))
        collector = Collector(
            endpoint=self._check_endpoint(endpoint), headers=by_name, content=content, updated_at=datetime.now(UTC)
        )
        await self._audit.record(caller, "collector.stored", _NAME, _told(collector))
        await self._collectors.put(caller.tenant, collector)
        return collector

    async def remove(self, caller: Caller) -> None:
        """Raises NotFound."""
        collector = await self.get(caller.tenant)
        await self._audit.record(caller, "collector.removed", _NAME, _told(collector))
        await self._collectors.remove(caller.tenant)


def _told(collector: Collector) -> dict[str, object]:
    """Of the address its origin: some have a key in their path."""
    return {
        "origin": origin_of(collector.endpoint),
        "headers": sorted(collector.headers),
        "content": collector.content,
    }
