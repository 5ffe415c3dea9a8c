"""What a report says of columns, and of them against the baseline."""

from decimal import Decimal

import pytest

from promptyard.domain.benchmarks.benchmark import CellResult, CellStatus
from promptyard.domain.benchmarks.evidence.building import build_report
from promptyard.domain.benchmarks.evidence.multiplicity import holm
from promptyard.domain.benchmarks.evidence.report import BenchmarkReport, PairedComparison
from promptyard.domain.runs.metrics.spec import MetricSpec
from tests.support.samples.sample_evidence import cells_of, done, once, realistic_cells, run_of

YES, NO = 1.0, 0.0


def compared(report: BenchmarkReport, metric: str, column: str | None = None) -> PairedComparison:
    return next(one for one in report.comparisons if one.metric == metric and column in {None, one.column})


def test_a_column_by_itself() -> None:
    run = run_of(["a"], 4, repeats=2)
    scores = [[[YES, YES], [YES, NO], [NO, None], [None, None]]]
    column = build_report(run, cells_of("exact_match", scores)).columns[0]
    metric = column.metrics["exact_match"]
    assert (column.n, column.cells, column.failures, column.poison, column.missing) == (3, 8, 3, 0, 0)
    assert (metric.n, metric.mean, metric.better) == (3, pytest.approx(0.5), "higher")
    assert metric.method == "t"
    assert (metric.median, metric.p95) == (1.0, 1.0)
    assert metric.pass_all == pytest.approx(0.5)
    """Of the two rows with both repeats."""
    assert metric.pass_all_interval == pytest.approx((0.0945, 0.9055), abs=1e-4)
    assert column.latency_ms.mean == 800
    assert column.latency_ms.interval is None
    assert column.total_cost_usd is None


def test_costs_are_whole_or_not_known() -> None:
    run = run_of(["a", "b"], 2)
    scores = [once(YES, NO), once(YES, NO)]
    cells = list(cells_of("exact_match", scores, judge_cost_usd=Decimal("0.0005")))
    report = build_report(run, cells)
    assert report.columns[0].total_cost_usd == pytest.approx(0.003)
    assert report.columns[0].cost_usd.mean == pytest.approx(0.001)
    unknown = [cells[0].model_copy(update={"cost_usd": None}), *cells[1:]]
    report = build_report(run, unknown)
    assert report.columns[0].total_cost_usd is None
    assert report.columns[1].total_cost_usd == pytest.approx(0.003)


def test_what_a_judge_cost_is_known_or_all_is_not() -> None:
    run = run_of(["a"], 2, [MetricSpec(metric="correctness", judge="demo/echo")])
    costs = {1: Decimal("0.002"), 2: None}

    def total(*rows: int) -> float | None:
        cells = [
            done({"row": row, "column": 0, "repeat": 0}, {"correctness": YES}, judge_cost_usd=costs[row])
            for row in rows
        ]
        return build_report(run, cells).columns[0].total_cost_usd

    assert total(1) == pytest.approx(0.003)
    assert total(1, 2) is None


def test_missing_cells_pair_out_and_are_counted() -> None:
    run = run_of(["base", "new"], 6)
    cells = cells_of("exact_match", [once(YES, NO, None, YES, YES), once(None, YES, YES, YES, NO)])
    report = build_report(run, cells)
    one = compared(report, "exact_match")
    assert (one.n, one.missing, one.wins, one.ties, one.losses) == (3, 3, 1, 1, 1)
    assert (one.difference, one.method, one.verdict) == (0.0, "tango", "not_shown")
    assert [column.missing for column in report.columns] == [1, 1]


def test_less_is_better_in_what_it_costs_and_takes() -> None:
    run = run_of(["base", "new"], 30)
    cells = [
        done(
            {"row": row, "column": column, "repeat": 0},
            {"exact_match": YES},
            latency_ms=1_000 + row - 400 * column * (1 + row % 3),
            cost_usd=Decimal(1 + column * (2 + row % 2)) / 1_000,
        )
        for row in range(1, 31)
        for column in (0, 1)
    ]
    report = build_report(run, cells)
    latency, cost = compared(report, "latency_ms"), compared(report, "cost_usd")
    assert (latency.verdict, latency.wins, latency.losses, latency.better) == ("better", 30, 0, "lower")
    assert (cost.verdict, cost.wins, cost.losses) == ("worse", 0, 30)
    assert latency.difference == pytest.approx(-800)


@pytest.mark.parametrize(
    ("spec", "better"),
    [
        (MetricSpec(metric="exact_match"), "higher"),
        (MetricSpec(metric="latency"), "lower"),
        (MetricSpec(metric="latency", threshold=900), "higher"),
        (MetricSpec(metric="toxicity_violation", judge="demo/echo"), "lower"),
        (MetricSpec(metric="toxicity_violation", judge="demo/echo", negated=True), "higher"),
        (MetricSpec(metric="contains", negated=True, value="x"), "higher"),
        (MetricSpec(metric="word_count"), "lower"),
        (MetricSpec(metric="word_count", value=3), "higher"),
    ],
)
def test_which_way_is_better(spec: MetricSpec, better: str) -> None:
    run = run_of(["base", "new"], 40, [spec])
    cells = cells_of(spec.label, [once(*[NO] * 40), once(*[YES] * 30, *[NO] * 10)])
    one = compared(build_report(run, cells), spec.label)
    assert one.better == better
    assert one.verdict == ("better" if better == "higher" else "worse")


def test_equal_differences_show_nothing() -> None:
    run = run_of(["base", "new"], 20, ["rouge_1"])
    report = build_report(run, cells_of("rouge_1", [once(*[0.25] * 20), once(*[0.5] * 20)]))
    one = compared(report, "rouge_1")
    assert (one.difference, one.interval, one.method, one.p, one.p_holm) == (0.25, None, None, None, None)
    assert (one.verdict, one.n_needed) == ("not_shown", None)


def test_holm_is_over_all_comparisons_of_the_report() -> None:
    run = run_of(["base", "x", "y", "z"], 60, ["exact_match", "rouge_1"])
    report = build_report(run, realistic_cells(run))
    tested = [one for one in report.comparisons if one.p is not None]
    assert len(tested) > 15
    assert {one.metric for one in tested} >= {"exact_match", "rouge_1", "cost_usd", "latency_ms", "tokens"}
    assert [one.p_holm for one in tested] == holm([one.p for one in tested if one.p is not None])
    for one in tested:
        shown = one.p_holm is not None and one.p_holm < 0.05
        assert (one.verdict != "not_shown") == shown
        assert one.n_needed is None or one.n_needed > 1


def test_failures_are_compared_where_there_are_some() -> None:
    run = run_of(["base", "new"], 40)
    report = build_report(run, cells_of("exact_match", [once(*[YES] * 40), once(*[YES] * 20, *[None] * 20)]))
    one = compared(report, "failures")
    assert (one.n, one.difference, one.verdict, one.method) == (40, 0.5, "worse", "tango")
    report = build_report(run, cells_of("exact_match", [once(*[YES] * 40), once(*[YES] * 40)]))
    assert not any(one.metric == "failures" for one in report.comparisons)


def test_poison_rows_are_named() -> None:
    run = run_of(["base", "new"], 3)
    cells = [
        CellResult(row=2, column=column, repeat=0, status=CellStatus.POISON, error="no variable date")
        for column in (1, 0)
    ]
    report = build_report(run, [*cells, CellResult(row=1, column=1, repeat=0, status=CellStatus.POISON)])
    assert [(one.row, one.columns, one.error) for one in report.poison] == [
        (1, ["new"], None),
        (2, ["base", "new"], "no variable date"),
    ]


def test_a_judge_says_how_far_it_agrees_with_itself_or_that_nobody_knows() -> None:
    specs = [MetricSpec(metric="correctness", judge="demo/echo"), MetricSpec(metric="exact_match")]
    run = run_of(["base"], 6, specs)
    assert build_report(run, []).judges == {"correctness": None}
    twice = [(1.0, 1.0), (0.0, 0.5), (0.5, 0.5), (1.0, 0.5), (1.0, None)]
    cells = [
        done({"row": row, "column": 0, "repeat": 0}, {"correctness": first}, scores_again={"correctness": second})
        for row, (first, second) in enumerate(twice, start=1)
    ]
    found = build_report(run, [*cells, cells[0]]).judges
    judge = found["correctness"]
    assert judge is not None
    assert (judge.n, judge.same, judge.mean_difference) == (4, 0.5, 0.25)
    assert judge.deviation == pytest.approx((0.5 / 4 / 2) ** 0.5)


def test_the_frontier_has_what_nothing_beats_in_both() -> None:
    run = run_of(["dear and good", "cheap and bad", "dear and bad", "cheap and good too"], 4)
    scores = {0: YES, 1: NO, 2: NO, 3: YES}
    costs = {0: 3, 1: 1, 2: 3, 3: 2}
    cells = [
        done({"row": row, "column": column, "repeat": 0}, {"exact_match": scores[column]}, cost_usd=costs[column])
        for row in range(1, 5)
        for column in range(4)
    ]
    assert build_report(run, cells).frontier == ["cheap and bad", "cheap and good too"]


def test_nothing_was_run() -> None:
    run = run_of(["base", "new"], 3)
    report = build_report(run, [])
    assert [column.n for column in report.columns] == [0, 0]
    assert all(one.difference is None and one.verdict == "not_shown" for one in report.comparisons)
    assert BenchmarkReport.model_validate_json(report.model_dump_json()) == report


def test_a_report_is_the_same_after_json() -> None:
    run = run_of(["base", "x·lite"], 30, ["exact_match", "rouge_1"])
    report = build_report(run, realistic_cells(run))
    assert BenchmarkReport.model_validate_json(report.model_dump_json()) == report
