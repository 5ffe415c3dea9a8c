"""Cells of benchmark runs, made of scores."""

import random
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from promptyard.domain.benchmarks.benchmark import BenchmarkRun, CellResult, CellStatus, Column
from promptyard.domain.models.targets import Target
from promptyard.domain.prompts.compression import Intensity
from promptyard.domain.runs.metrics.spec import MetricSpec
from tests.support.samples.sample_benchmarks import new_benchmark_run

Scores = Sequence[Sequence[float | None]]


def run_of(
    names: Sequence[str], rows: int, metrics: Sequence[str | MetricSpec] = ("exact_match",), **fields: Any
) -> BenchmarkRun:
    """Columns of those names; one that ends in `·lite`, `·brief` … is compressed so, and has the rest of its name for
    its target."""
    levels = {"brief", *Intensity}
    columns = [
        Column(
            index=index,
            name=name,
            target=Target(model=name.rpartition("·")[0] if name.rpartition("·")[2] in levels else name),
            intensity=name.rpartition("·")[2] if name.rpartition("·")[2] in levels else "raw",
        )
        for index, name in enumerate(names)
    ]
    specs = [MetricSpec(metric=metric) if isinstance(metric, str) else metric for metric in metrics]
    run = new_benchmark_run(rows=rows, columns=len(names), metrics=specs, **fields)
    return run.model_copy(update={"columns": columns})


def cells_of(metric: str, scores: Sequence[Scores], **fields: Any) -> Iterator[CellResult]:
    """A cell for each number of `scores`, which are by column, row and repeat. None: the cell failed."""
    for column, rows in enumerate(scores):
        for row, repeats in enumerate(rows, start=1):
            for repeat, score in enumerate(repeats):
                place = {"row": row, "column": column, "repeat": repeat}
                if score is None:
                    yield CellResult(**place, status=CellStatus.FAILED, error="upstream")
                else:
                    yield done(place, {metric: score}, **fields)


def done(place: Mapping[str, int], scores: Mapping[str, float | None], **fields: Any) -> CellResult:
    given: dict[str, Any] = {
        "status": CellStatus.DONE, "scores": scores, "output": "an answer", "input_tokens": 10, "output_tokens": 5,
        "cost_usd": Decimal("0.001"), "latency_ms": 800, "ttft_ms": 90,
    }  # fmt: skip
    return CellResult(**(given | dict(place) | fields))


def once(*values: float | None) -> Scores:
    """Rows without repeats."""
    return [[value] for value in values]


WORDS = [
    "the",
    "model",
    "answers",
    "with",
    "a",
    "number",
    "and",
    "the",
    "date",
    "of",
    "an",
    "invoice",
    "or",
    "none",
    "<b>",
]


def realistic_cells(run: BenchmarkRun, seed: int = 1, words: int = 60) -> Iterator[CellResult]:
    """Answers with failures, poison, costs and times; later columns are better, dearer and slower, compressed ones
    shorter and a little worse. Every metric has a score."""
    chance = random.Random(seed)
    shorter = {"raw": 1.0, "brief": 0.7, "lite": 0.75, "full": 0.5, "ultra": 0.35}
    for row in range(1, run.row_count + 1):
        hard, length = chance.gauss(0, 1), chance.lognormvariate(0, 0.4)
        poison = chance.random() < 0.01
        for column in run.columns:
            for repeat in range(run.benchmark.repeats):
                place = {"row": row, "column": column.index, "repeat": repeat}
                if poison:
                    yield CellResult(**place, status=CellStatus.POISON, error="The row has no variable named date.")
                elif chance.random() < 0.01:
                    yield CellResult(**place, status=CellStatus.FAILED, error="503", cost_usd=Decimal(0))
                else:
                    share = shorter[column.intensity]
                    skill = 0.8 + 0.25 * column.index - 0.4 * (1 - share) - 0.9 * hard + chance.gauss(0, 0.6)
                    tokens = max(3, int(words * length * share * chance.lognormvariate(0, 0.2)))
                    scores = {
                        spec.label: float(skill > 0) if position == 0 else max(0.0, min(1.0, 0.5 + skill / 4))
                        for position, spec in enumerate(run.benchmark.metrics)
                    }
                    yield done(
                        place,
                        scores,
                        output=" ".join(chance.choice(WORDS) for _ in range(tokens)),
                        input_tokens=200,
                        output_tokens=tokens,
                        cost_usd=Decimal(tokens) * Decimal("0.00001") * (1 + column.index),
                        latency_ms=int(300 + tokens * (8 + 3 * column.index) * chance.lognormvariate(0, 0.3)),
                        ttft_ms=int(80 * chance.lognormvariate(0, 0.5)),
                    )
