"""What stands in headers beside a protocol's own."""

from collections.abc import Iterable
from urllib.parse import quote

from pydantic import BaseModel, Field

from promptyard.domain.runs.run import Run

_MOST_NAMED = 2_000
"""Characters of names in a header: what is beyond is in the run's record."""


class DoorHeaders(BaseModel):
    """What a client that speaks another protocol can say in headers."""

    x_promptyard_strict: bool = Field(
        False, description="What the model does not take is a 400 that names it, rather than left out"
    )
    x_promptyard_playground: str | None = Field(
        None, min_length=1, max_length=64, description="The playground that the run belongs to, whose metrics guard it"
    )


def run_headers(run: Run) -> dict[str, str]:
    """What is known of the run by now."""
    headers = {}
    if run.dropped:
        headers["x-promptyard-dropped"] = _names(run.dropped)
    if run.settled:
        headers["x-promptyard-usage-source"] = run.usage_source.value
        if run.cost_usd is not None:
            headers["x-promptyard-cost-usd"] = f"{run.cost_usd:f}"
        if run.latency_ms is not None:
            headers["openai-processing-ms"] = str(run.latency_ms)
    return headers


def _names(dropped: Iterable[str]) -> str:
    """Those of fields that we do not know may hold anything."""
    told = ""
    for name in dropped:
        longer = f"{told}, {quote(name, safe='')}" if told else quote(name, safe="")
        if len(longer) > _MOST_NAMED:
            break
        told = longer
    return told
