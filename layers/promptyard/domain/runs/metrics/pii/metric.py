"""The metric `pii_violation`."""

from collections import Counter
from typing import Any

from promptyard.domain.runs.metrics.pii.scan import scan
from promptyard.domain.runs.metrics.types import MetricInput, MetricResult


def pii_violation(run: MetricInput) -> MetricResult:
    """The number of findings in the prompt and the answer, whichever is given. `details` has how many of which kind are
    where, and `complete: false` where there may be more."""
    name = "pii_violation"
    scans = {side: scan(text) for side, text in (("prompt", run.prompt), ("response", run.output)) if text is not None}
    count = sum(len(result.findings) for result in scans.values())
    complete = all(result.complete for result in scans.values())
    if not complete and not count:
        why = "The text holds too many numbers to look at every one of them."
        return MetricResult.failed(name, why, inconclusive=True)
    details: dict[str, Any] = {
        side: dict(Counter(found.kind for found in result.findings)) for side, result in scans.items()
    }
    if not complete:
        details["complete"] = False
    return MetricResult(name, count, details=details, inconclusive=not complete)
