"""Moderation reports in the `playgrounds` table: see `keys` for the access patterns."""

from datetime import UTC, datetime, timedelta

from promptyard.domain.paging import Page, PageRequest
from promptyard.domain.runs.run_metrics import ModerationReport
from promptyard.storage.runs.run_counts import expiry_of, is_live
from promptyard.storage.table import keys
from promptyard.storage.table.partition_pages import read_partition
from promptyard.storage.table.table import Table, once
from promptyard.storage.table.tombstones import bury, is_buried


class DynamoReportStore:
    """Implements `services.ports.playgrounds.ReportStore`. A report expires with its run: after `retention_days`, else
    after `retention`; None keeps it."""

    def __init__(self, table: Table, *, retention: timedelta | None = None) -> None:
        self._table = table
        self._retention = retention

    async def add(self, tenant: str, playground_id: str, report: ModerationReport, retention_days: int | None) -> None:
        """Raises Conflict when the run has one."""
        retention = self._retention if retention_days is None else timedelta(days=retention_days)
        expires_at = expiry_of(report.created_at, retention)
        item = {
            **keys.report_key(tenant, playground_id, report.run_id),
            "v": keys.SCHEMA_VERSION,
            "body": report.model_dump_json(),
        }
        await self._table.put(*once(item if expires_at is None else {**item, "expires_at": expires_at}))
        # Runs take minutes: whoever deleted the playground meanwhile has not seen this report, and nobody would again.
        playground = await self._table.get(keys.playground_key(tenant, playground_id), only=("pk", "deleted_at"))
        if playground is None or is_buried(playground):
            await bury(self._table, keys.report_key(tenant, playground_id, report.run_id), datetime.now(UTC))

    async def page(self, tenant: str, playground_id: str, request: PageRequest) -> Page[ModerationReport]:
        """Newest first. Raises BadCursor."""
        partition = keys.reports_partition(tenant, playground_id)
        page = await read_partition(self._table, partition, request, backwards=True)
        now = datetime.now(UTC)
        live = [item for item in page.items if is_live(item, now) and not is_buried(item)]
        return page.holding(live).map(lambda item: ModerationReport.model_validate_json(item["body"]))
