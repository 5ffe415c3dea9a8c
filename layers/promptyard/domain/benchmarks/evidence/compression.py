"""What compressing a prompt's answers saves, beside what it does to them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from promptyard.domain.benchmarks.benchmark import Column
from promptyard.domain.benchmarks.evidence.measure_names import COST, OUTPUT_TOKENS, TOKENS
from promptyard.domain.benchmarks.evidence.measures import Measure, is_binary
from promptyard.domain.benchmarks.evidence.paired import paired_difference
from promptyard.domain.benchmarks.evidence.ratios import savings
from promptyard.domain.benchmarks.evidence.report import CompressionSavings, QualityDifference, Saving

if TYPE_CHECKING:
    from promptyard.domain.benchmarks.evidence.scores import ScoreTable


def compression_savings(table: "ScoreTable") -> list[CompressionSavings]:
    """Each column whose prompt is compressed, against the one that has the same version and target without that."""
    return [_savings(table, column, raw) for column, raw in _with_raw(table.run.columns)]


def _with_raw(columns: list[Column]) -> Iterator[tuple[Column, Column]]:
    for column in columns:
        for raw in columns:
            same = (raw.version_id, raw.target) == (column.version_id, column.target)
            if column.intensity != "raw" and raw.intensity == "raw" and same:
                yield column, raw


def _savings(table: "ScoreTable", column: Column, raw: Column) -> CompressionSavings:
    return CompressionSavings(
        column=column.name,
        raw=raw.name,
        intensity=column.intensity,
        output_tokens=_saving(table, column, raw, OUTPUT_TOKENS),
        tokens=_saving(table, column, raw, TOKENS),
        cost_usd=_saving(table, column, raw, COST),
        quality={measure.name: _quality(table, column, raw, measure) for measure in table.metrics},
    )


def _saving(table: "ScoreTable", column: Column, raw: Column, measure: str) -> Saving:
    after, before = table.pairs(column.index, raw.index, measure)
    found = savings(before, after)
    return Saving(percent=None, interval=None) if found is None else Saving(percent=found[0], interval=found[1])


def _quality(table: "ScoreTable", column: Column, raw: Column, measure: Measure) -> QualityDifference:
    first, second = table.pairs(column.index, raw.index, measure.name)
    found = paired_difference(first, second, binary=is_binary(measure, first, second))
    if found is None:
        return QualityDifference(difference=None, interval=None)
    return QualityDifference(difference=found.difference, interval=found.interval)
