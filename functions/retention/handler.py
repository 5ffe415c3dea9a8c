"""The retention's function: a schedule calls it once a day, and it deletes what expired runs have left."""

import asyncio
from functools import cache
from typing import Any

from promptyard.bootstrap.parts import Parts
from promptyard.bootstrap.runs import RunServices


def handler(event: Any, context: Any) -> dict[str, int]:  # noqa: ARG001 - Lambda's form
    """Returns how many objects were deleted. Raises StoreUnavailable; what is left then is found the next day."""
    return {"deleted": asyncio.run(_runs().retention.sweep())}


@cache
def _runs() -> RunServices:
    """Made by the first invocation, and kept for the next ones."""
    return Parts.from_environment("callers", "models", "metering", "prompts", "runs").runs
