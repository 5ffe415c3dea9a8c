"""One line a run in the function's log, from which CloudWatch makes metrics, without a request:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html."""

import json
import sys
import time
from collections.abc import Callable, Container
from typing import TYPE_CHECKING, Any

from promptyard.domain.runs.causes import Cause

if TYPE_CHECKING:
    from promptyard.domain.runs.run import Run

DIMENSIONS = ("provider", "status")
"""Nothing that callers name freely: each pair of values is paid for, a metric and month."""
FAILURES = {
    Cause.OURS: "OurFailures",
    Cause.PROVIDER: "ProviderFailures",
    Cause.CALLER: "CallerFailures",
}
WATCHED = ("Runs", "OurFailures", "ProviderFailures")
"""Those that there are without dimensions as well, for alarms over all providers."""
UNKNOWN = "none"
"""Stands for the provider of a run that failed before one was found: there the caller's own word is in its record."""
_UNITS = {"TimeToFirstToken": "Milliseconds", "Latency": "Milliseconds", "Dollars": "None"}


def print_line(line: str) -> None:
    """At once, as one event of the log."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class MetricLines:
    """Implements `services.ports.observing.RunObserver`."""

    def __init__(self, namespace: str, providers: Container[str], write: Callable[[str], object] = print_line) -> None:
        """`providers`: the ids of those that there are."""
        self._namespace = namespace
        self._providers = providers
        self._write = write

    def ended(self, run: "Run", cause: Cause | None) -> None:
        provider = run.provider if run.provider in self._providers else UNKNOWN
        self._write(metric_line(self._namespace, provider, run, cause))

    async def rest(self) -> None:
        """Nothing goes on."""


def metric_line(namespace: str, provider: str, run: "Run", cause: Cause | None) -> str:
    """JSON in the Embedded Metric Format. What is not known of the run is not there."""
    values = _values(run, cause)
    directives = [
        _directive(namespace, DIMENSIONS, list(values)),
        _directive(namespace, (), [name for name in values if name in WATCHED]),
    ]
    line: dict[str, Any] = {
        "_aws": {"Timestamp": time.time_ns() // 1_000_000, "CloudWatchMetrics": directives},
        "provider": provider,
        "status": run.status.value,
        "run_id": run.id,
        **values,
    }
    return json.dumps(line, separators=(",", ":"))


def _values(run: "Run", cause: Cause | None) -> dict[str, int | float]:
    usage = run.usage
    values: dict[str, int | float | None] = {
        "Runs": 1,
        "TimeToFirstToken": run.ttft_ms,
        "Latency": run.latency_ms,
        "TokensIn": usage.input_tokens if usage else None,
        "TokensOut": usage.output_tokens if usage else None,
        "Dollars": None if run.cost_usd is None else float(run.cost_usd),
    }
    if cause is not None:
        values[FAILURES[cause]] = 1
    return {name: value for name, value in values.items() if value is not None}


def _directive(namespace: str, dimensions: tuple[str, ...], names: list[str]) -> dict[str, Any]:
    metrics = [{"Name": name, "Unit": _UNITS.get(name, "Count")} for name in names]
    return {"Namespace": namespace, "Dimensions": [dimensions], "Metrics": metrics}
