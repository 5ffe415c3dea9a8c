"""The retention's function: a schedule calls it once a day, and it deletes what expired runs have left."""

import asyncio
from functools import cache
from typing import Any

from promptyard.bootstrap.parts import Parts

BENCHMARKS_TABLE = "PROMPTYARD_BENCHMARKS_TABLE"


def handler(event: Any, context: Any) -> dict[str, int]:  # noqa: ARG001 - Lambda's form
    """Returns how many objects and benchmark runs were deleted. Raises StoreUnavailable; what is left then is found the
    next day."""
    return {"deleted": asyncio.run(_sweep(_parts()))}


async def _sweep(parts: Parts) -> int:
    deleted = await parts.runs.retention.sweep()
    if BENCHMARKS_TABLE in parts.environment:  # not where no group of routes uses it
        deleted += await parts.benchmarks.retention.sweep()
    return deleted


@cache
def _parts() -> Parts:
    """Made by the first invocation, and kept for the next ones."""
    return Parts.from_environment(
        "callers", "models", "metering", "prompts", "runs", "playgrounds", "label_gates", "benchmarks"
    )
