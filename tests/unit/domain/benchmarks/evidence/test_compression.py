"""Savings beside quality."""

from decimal import Decimal

import pytest

from promptyard.domain.benchmarks.evidence.building import build_report
from promptyard.domain.prompts.compression import Intensity
from tests.support.samples.sample_evidence import done, realistic_cells, run_of


def test_each_level_stands_beside_the_prompt_as_it_is() -> None:
    run = run_of(["base·brief", "base", *(f"base·{level}" for level in Intensity)], 200, ["exact_match", "rouge_1"])
    report = build_report(run, realistic_cells(run))
    assert report.baseline == "base·brief"
    """The savings are against `raw`, whatever the baseline is."""
    found = {one.intensity: one for one in report.compression}
    assert list(found) == ["brief", *Intensity]
    for level, expected in {"brief": 30, "lite": 25, "full": 50, "ultra": 65}.items():
        saved = found[level].output_tokens
        assert found[level].raw == "base"
        assert saved.percent == pytest.approx(expected, abs=4)
        assert saved.interval is not None
        assert saved.interval[0] < saved.percent < saved.interval[1]
        assert saved.interval[0] < expected + 1
        assert saved.interval[1] > expected - 1
        tokens = found[level].tokens.percent
        assert tokens is not None
        assert tokens < saved.percent
    quality = found["ultra"].quality["rouge_1"]
    assert quality.interval is not None
    assert list(found["ultra"].quality) == ["exact_match", "rouge_1"]


def test_what_costs_more_saves_less_than_nothing() -> None:
    run = run_of(["raw", "raw·full"], 20)
    cells = [
        done(
            {"row": row, "column": column, "repeat": 0},
            {},
            cost_usd=Decimal(100 + row + column * (10 + row % 3)),
            output_tokens=None,
        )
        for row in range(1, 21)
        for column in (0, 1)
    ]
    (one,) = build_report(run, cells).compression
    assert one.cost_usd.percent is not None
    assert one.cost_usd.interval is not None
    assert one.cost_usd.interval[1] < 0
    assert (one.output_tokens.percent, one.output_tokens.interval) == (None, None)
    assert one.quality["exact_match"].difference is None


def test_only_what_has_the_same_target_is_compared() -> None:
    run = run_of(["a", "b·lite"], 5)
    other = run.columns[1].model_copy(update={"version_id": "v2"})
    run = run.model_copy(update={"columns": [run.columns[0], other]})
    assert build_report(run, realistic_cells(run)).compression == []
