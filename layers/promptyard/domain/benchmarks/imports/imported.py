"""What an import gives."""

from dataclasses import dataclass, field

from promptyard.domain.benchmarks.benchmark import CellResult
from promptyard.domain.benchmarks.datasets import RowContent
from promptyard.domain.benchmarks.imports.refusals import Refusal
from promptyard.domain.models.targets import Target
from promptyard.domain.prompts.origin import Template
from promptyard.domain.runs.metrics.spec import MetricSpec

MAX_CONFIG_BYTES = 2_000_000
MAX_RESULTS_BYTES = 50_000_000
MAX_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class ImportedPrompt:
    label: str
    template: Template


@dataclass(frozen=True, slots=True)
class ImportedRun:
    """A run of the dataset somewhere else, in one column. Its cells' scores are by the labels of the metrics."""

    run_id: str
    cells: list[CellResult]


@dataclass(frozen=True, slots=True)
class ImportedBenchmark:
    """A dataset's rows, and what a benchmark is made of."""

    name: str
    rows: list[RowContent]
    prompts: list[ImportedPrompt] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    metrics: list[MetricSpec] = field(default_factory=list)
    repeats: int = 1
    concurrency: int | None = None
    runs: list[ImportedRun] = field(default_factory=list)
    left_out: list[Refusal] = field(default_factory=list)
    """What was not taken, where that was asked for."""
    notes: list[str] = field(default_factory=list)
