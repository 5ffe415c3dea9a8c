"""The ledger's sums by hour, in the `usage` table: kept so that they are added up once. An item for each hour in which
anything ended, and one that says up to where that was done."""

import asyncio
import json
from datetime import UTC, datetime

from promptyard.domain.errors import Conflict
from promptyard.domain.metering.ledger import month_bounds
from promptyard.domain.metering.usage_summary import Summary
from promptyard.services.ports.metering import Hours
from promptyard.storage.table import keys
from promptyard.storage.table.expressions import Expression
from promptyard.storage.table.table import Table

_HOUR = "%Y-%m-%dT%H"
_AT_ONCE = 20


class DynamoUsageHours:
    """Implements `services.ports.metering.HourStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def hours(self, tenant: str, month: str) -> Hours:
        whole = Expression(
            "#pk = :pk AND begins_with(#sk, :month)", {"pk": keys.hours_partition(tenant), "month": month}
        )
        until, _ = month_bounds(month)
        sums = {}
        for item in await self._table.read_all(whole):
            if item["sk"] == month:
                until = _moment(item["until"])
            else:
                sums[_moment(item["sk"])] = Summary.of_plain(json.loads(item["sums"]))
        # An hour beyond is one whose keeping was cut off: it is summed up again.
        return Hours(until, {hour: summed for hour, summed in sums.items() if hour < until})

    async def keep(self, tenant: str, month: str, hours: Hours) -> None:
        """Add to those that are kept. The hours go first, and are the same whoever sums them up."""
        slots = asyncio.Semaphore(_AT_ONCE)

        async def keep_hour(hour: datetime, summed: Summary) -> None:
            async with slots:
                text = json.dumps(summed.plain(), ensure_ascii=False, separators=(",", ":"))
                key = keys.hour_key(tenant, hour.strftime(_HOUR))
                await self._table.put({**key, "v": keys.SCHEMA_VERSION, "sums": text})

        await asyncio.gather(*(keep_hour(hour, summed) for hour, summed in hours.sums.items()))
        until = hours.until.strftime(_HOUR)
        further = Expression("attribute_not_exists(#pk) OR #until < :until", {"until": until})
        try:
            await self._table.put({**keys.hour_key(tenant, month), "v": keys.SCHEMA_VERSION, "until": until}, further)
        except Conflict:  # somebody got further meanwhile
            return


def _moment(hour: str) -> datetime:
    return datetime.strptime(hour, _HOUR).replace(tzinfo=UTC)
