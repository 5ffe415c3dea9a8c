"""The sweeper's function: a schedule calls it every minute, and it settles what processes that died have left."""

import asyncio
import logging
from datetime import UTC, datetime
from functools import cache
from typing import Any

from promptyard.aws.indexes import lacking
from promptyard.bootstrap.parts import Parts
from promptyard.domain.errors import StoreUnavailable
from promptyard.services.runs.settling.sweeper import Swept

logger = logging.getLogger("promptyard.sweeper")


def handler(event: Any, context: Any) -> dict[str, int]:  # noqa: ARG001 - Lambda's form
    """Returns how many reservations and runs were settled, and how many are left for the next time. Raises
    StoreUnavailable when the store does not tell what there is."""
    swept = asyncio.run(_sweep(_parts()))
    return {"settled": swept.settled, "failed": swept.failed}


async def _sweep(parts: Parts) -> Swept:
    try:
        return await parts.runs.sweeper.sweep(datetime.now(UTC))
    finally:
        await parts.close()  # what is connected goes with the loop


@cache
def _parts() -> Parts:
    """Made by the first invocation, and kept for the next ones."""
    parts = Parts.from_environment("callers", "models", "metering", "telemetry", "runs")
    tell_what_tables_lack(parts)
    return parts


def tell_what_tables_lack(parts: Parts) -> None:
    """In the log. It is looked at here, where no caller waits: the tables with indexes are those of the sweeper."""
    try:
        found = lacking(parts.clients.dynamodb, parts.environment)
    except StoreUnavailable as error:
        logger.warning("tables cannot be looked at", extra={"reason": error.message})
        return
    for table, indexes in found.items():
        logger.error(
            "a table lacks indexes",
            extra={"table": table, "indexes": indexes, "mend": "python -m promptyard.admin add-indexes"},
        )
