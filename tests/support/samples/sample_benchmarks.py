"""Benchmark runs as tests need them."""

from datetime import UTC, datetime
from typing import Any

from promptyard.domain.benchmarks.benchmark import Benchmark, BenchmarkRun, CellResult, CellStatus, Column
from promptyard.domain.identifiers import time_ordered_id
from promptyard.domain.models.targets import Target
from promptyard.domain.prompts.origin import Template
from promptyard.domain.runs.metrics.spec import MetricSpec


def new_benchmark(*, tenant: str = "acme", **fields: Any) -> Benchmark:
    """Of `demo/echo` on `{{question}}`."""
    now = datetime.now(UTC)
    benchmark = {
        "id": time_ordered_id(),
        "tenant": tenant,
        "name": "Answers",
        "dataset_id": time_ordered_id(),
        "template": Template(text="{{question}}"),
        "targets": [Target(model="demo/echo")],
        "metrics": [MetricSpec(metric="exact_match")],
        "created_at": now,
        "created_by": "ci",
        "updated_at": now,
    }
    return Benchmark(**(benchmark | fields))


def new_benchmark_run(*, tenant: str = "acme", rows: int = 10, columns: int = 1, **fields: Any) -> BenchmarkRun:
    """Of `new_benchmark`; what is no field of the run's is one of its benchmark's."""
    own = {name: fields.pop(name) for name in list(fields) if name in BenchmarkRun.model_fields}
    now = datetime.now(UTC)
    target = Target(model="demo/echo")
    run = {
        "id": time_ordered_id(),
        "benchmark": new_benchmark(tenant=tenant, **fields),
        "dataset_version": 1,
        "row_count": rows,
        "columns": [Column(index=index, name=f"column {index}", target=target) for index in range(columns)],
        "baseline": 0,
        "created_at": now,
        "created_by": "ci",
    }
    return BenchmarkRun(**(run | own))


def new_result(number: int = 0, *, columns: int = 1, **fields: Any) -> CellResult:
    row, column = divmod(number, columns)
    given = {"row": row + 1, "column": column, "repeat": 0, "status": CellStatus.DONE, "output": f"answer {number}"}
    return CellResult(**(given | fields))
