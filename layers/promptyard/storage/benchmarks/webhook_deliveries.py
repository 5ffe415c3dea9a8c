"""Attempts at telling webhooks, in the `benchmarks` table: see `benchmark_keys` for the access patterns."""

from datetime import UTC, datetime, timedelta

from promptyard.domain.benchmarks.webhooks import WebhookDelivery
from promptyard.domain.paging import Page, PageRequest
from promptyard.storage.runs.run_counts import is_live
from promptyard.storage.table import benchmark_keys, keys
from promptyard.storage.table.partition_pages import read_partition
from promptyard.storage.table.table import Table

KEPT_FOR = timedelta(days=30)


class DynamoDeliveryStore:
    """Implements `services.ports.benchmarks.DeliveryStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def add(self, tenant: str, benchmark_id: str, delivery: WebhookDelivery) -> None:
        """Keep it for thirty days."""
        key = benchmark_keys.webhook_delivery_key(tenant, benchmark_id, delivery.id)
        expires_at = int((delivery.at + KEPT_FOR).timestamp())
        body = delivery.model_dump_json()
        await self._table.put({**key, "v": keys.SCHEMA_VERSION, "body": body, "expires_at": expires_at})

    async def page(self, tenant: str, benchmark_id: str, request: PageRequest) -> Page[WebhookDelivery]:
        """Newest first. Raises BadCursor."""
        partition, between = benchmark_keys.webhook_deliveries_partition(tenant), benchmark_keys.below(benchmark_id)
        page = await read_partition(self._table, partition, request, backwards=True, between=between)
        now = datetime.now(UTC)
        live = [item for item in page.items if is_live(item, now)]
        return page.holding(live).map(lambda item: WebhookDelivery.model_validate_json(item["body"]))
