"""Until the metrics' own check is here."""

from collections.abc import Sequence

from promptyard.domain.errors import InvalidRequest
from promptyard.domain.runs.metrics.registry import METRICS
from promptyard.domain.runs.metrics.spec import MetricSpec


def check_specs(specs: Sequence[MetricSpec], *, has_guardrail: bool = False) -> None:  # noqa: ARG001
    labels: set[str] = set()
    for index, spec in enumerate(specs):
        if spec.metric not in METRICS:
            raise InvalidRequest("metric is none", loc=("body", index, "metric"), kind="unknown_metric")
        if spec.label in labels:
            raise InvalidRequest(f"name stands twice: {spec.label}", loc=("body", index, "name"), kind="duplicate")
        labels.add(spec.label)
