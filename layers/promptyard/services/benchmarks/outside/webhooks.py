"""Telling a benchmark's webhook that a run has ended."""

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import SecretStr

from promptyard.domain.account.provider_keys import ProviderKey, origin_of
from promptyard.domain.benchmarks.benchmark import BenchmarkRun
from promptyard.domain.benchmarks.messages import WebhookMessage
from promptyard.domain.benchmarks.webhooks import GONE, WebhookDelivery, new_secret, pause_after, signed_headers
from promptyard.domain.errors import EndpointRefused, ProviderError
from promptyard.domain.identifiers import time_ordered_id
from promptyard.domain.paging import Page, PageRequest
from promptyard.services.benchmarks.outside.outcomes import COMPLETED, told

if TYPE_CHECKING:
    from promptyard.services.account.provider_keys import StoredProviderKeys
    from promptyard.services.ports.benchmarks import (
        BenchmarkRunStore,
        BenchmarkStore,
        DeliveryStore,
        Queue,
        WebhookPoster,
        WebhookSecrets,
    )

MAX_DELAY_SECONDS = 900
"""What a queue can hold a message back for: a longer pause is several of these."""


class StoredWebhookSecrets:
    """Implements `services.ports.benchmarks.WebhookSecrets`: beside the tenant's provider keys, in the one secret that
    a tenant has."""

    def __init__(self, stored: "StoredProviderKeys") -> None:
        self._stored = stored

    async def make(self, tenant: str, benchmark_id: str, url: str) -> SecretStr:
        key = ProviderKey(key=new_secret(), origin=origin_of(url) or "", updated_at=datetime.now(UTC))
        await self._stored.change(tenant, lambda keys: {**keys, _name(benchmark_id): key})
        return key.key

    async def get(self, tenant: str, benchmark_id: str) -> SecretStr | None:
        name = _name(benchmark_id)
        keys = await self._stored.of(tenant)
        if name not in keys:  # made a moment ago, maybe by another process
            keys = await self._stored.of(tenant, fresh=True)
        return keys[name].key if name in keys else None

    async def remove(self, tenant: str, benchmark_id: str) -> None:
        name = _name(benchmark_id)
        if name in await self._stored.of(tenant, fresh=True):
            await self._stored.change(tenant, lambda keys: {known: key for known, key in keys.items() if known != name})


def _name(benchmark_id: str) -> str:
    """No provider has such a name."""
    return f"webhook:{benchmark_id}"


class WebhookDeliveries:
    """Every attempt, for whoever looks why it was not told."""

    def __init__(self, benchmarks: "BenchmarkStore", deliveries: "DeliveryStore") -> None:
        self._benchmarks = benchmarks
        self._deliveries = deliveries

    async def page(self, tenant: str, benchmark_id: str, request: PageRequest) -> Page[WebhookDelivery]:
        """Newest first. Raises NotFound, BadCursor."""
        await self._benchmarks.get(tenant, benchmark_id)
        return await self._deliveries.page(tenant, benchmark_id, request)


class Webhooks:
    def __init__(
        self,
        *,
        benchmarks: "BenchmarkStore",
        runs: "BenchmarkRunStore",
        deliveries: "DeliveryStore",
        secrets: "WebhookSecrets",
        poster: "WebhookPoster",
        queue: "Queue",
    ) -> None:
        self._benchmarks = benchmarks
        self._runs = runs
        self._deliveries = deliveries
        self._secrets = secrets
        self._poster = poster
        self._queue = queue

    async def webhook(self, message: WebhookMessage) -> None:
        """Tell it, where the benchmark has one still; what is not taken is told again later, by another message. Raises
        NotFound, StoreUnavailable."""
        tenant, now = message.tenant, datetime.now(UTC)
        if message.due_at is not None and message.due_at > now:
            await self._send_later(message, message.due_at)
            return
        run = await self._runs.get(tenant, message.benchmark_run_id)
        url = (await self._benchmarks.get(tenant, run.benchmark.id)).webhook_url
        secret = await self._secrets.get(tenant, run.benchmark.id)
        if url is None or secret is None or run.ended_at is None:
            return
        attempt = message.attempt + 1
        status, error = await self._posted(url, secret, run, now)
        delivered = status is not None and status < 300
        pause = None if delivered or status == GONE else pause_after(attempt)
        next_at = None if pause is None else now + timedelta(seconds=pause)
        if next_at is not None:
            await self._send_later(message.model_copy(update={"attempt": attempt}), next_at)
        delivery = WebhookDelivery(
            id=time_ordered_id(),
            webhook_id=webhook_id(run),
            run_id=run.id,
            attempt=attempt,
            at=now,
            status=status,
            error=error,
            delivered=delivered,
            next_at=next_at,
        )
        await self._deliveries.add(tenant, run.benchmark.id, delivery)

    async def _posted(
        self, url: str, secret: SecretStr, run: BenchmarkRun, now: datetime
    ) -> tuple[int | None, str | None]:
        """What was answered, or why nothing was."""
        body = body_of(run)
        try:
            return await self._poster.post(url, signed_headers(secret, webhook_id(run), now, body), body), None
        except (EndpointRefused, ProviderError) as failure:
            return None, failure.message

    async def _send_later(self, message: WebhookMessage, due_at: datetime) -> None:
        left = max(0, round((due_at - datetime.now(UTC)).total_seconds()))
        later = message.model_copy(update={"due_at": due_at})
        await self._queue.send([later], delay_seconds=min(left, MAX_DELAY_SECONDS))


def webhook_id(run: BenchmarkRun) -> str:
    """Of what is told of this end of the run: one that is resumed ends once more."""
    assert run.ended_at is not None, "it has ended"
    return f"{run.id}.{int(run.ended_at.timestamp() * 1000)}"


def body_of(run: BenchmarkRun) -> bytes:
    assert run.ended_at is not None, "it has ended"
    body = {"type": COMPLETED, "timestamp": run.ended_at.isoformat(), "data": told(run)}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
