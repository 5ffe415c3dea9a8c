"""The retention's function: a schedule calls it once a day, and it deletes what expired runs have left."""

import asyncio
import logging
from functools import cache, partial
from typing import Any

from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.retention import PARTS, delete_expired, keeps_all

RESERVE_SECONDS = 10
"""Kept back of the invocation's time for what goes on when the rest is over."""

logger = logging.getLogger("promptyard.retention")


def handler(event: Any, context: Any) -> dict[str, int]:  # noqa: ARG001 - Lambda's form
    """Returns how many objects and benchmark runs were deleted. Raises StoreUnavailable. What is left, because the time
    was over or something failed, the next invocation goes on with."""
    seconds = context.get_remaining_time_in_millis() / 1000 - RESERVE_SECONDS
    return {"deleted": asyncio.run(sweep(_parts(), seconds))}


async def sweep(parts: Parts, seconds: float) -> int:
    """In that time. Raises StoreUnavailable."""
    swept = await parts.callers.rounds.go_on(
        "retention",
        partial(delete_expired, parts),
        due=lambda tenant: not keeps_all(parts, tenant),
        seconds=seconds,
    )
    if swept.done:
        logger.info("expired content deleted", extra={"deleted": swept.done})
    return swept.done


@cache
def _parts() -> Parts:
    """Made by the first invocation, and kept for the next ones."""
    return Parts.from_environment(*PARTS)
