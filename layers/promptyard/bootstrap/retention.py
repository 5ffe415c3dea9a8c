"""What is deleted when its time is over: the same by the schedule, on the command line and on a laptop."""

from typing import TYPE_CHECKING

from promptyard.services.runs.retention import expired_before

if TYPE_CHECKING:
    from promptyard.bootstrap.parts import Parts
    from promptyard.domain.account.tenants import Tenant

BENCHMARKS_TABLE = "PROMPTYARD_BENCHMARKS_TABLE"
PARTS = ("callers", "models", "metering", "prompts", "runs", "playgrounds", "label_gates", "benchmarks")
"""The parts that it takes."""


async def delete_expired(parts: "Parts", tenant: "Tenant") -> int:
    """Of a tenant; returns how many objects and benchmark runs there were. Raises StoreUnavailable."""
    deleted = await parts.runs.retention.delete_expired_content(tenant)
    if BENCHMARKS_TABLE in parts.environment:  # not where no group of routes uses it
        deleted += await parts.benchmarks.retention.delete_expired(tenant)
    return deleted


def keeps_all(parts: "Parts", tenant: "Tenant") -> bool:
    """Whether nothing of that tenant's ever expires."""
    return expired_before(tenant, parts.retention) is None
