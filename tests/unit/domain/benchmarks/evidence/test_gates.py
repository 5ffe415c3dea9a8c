"""What a column must hold."""

from decimal import Decimal

import pytest

from promptyard.domain.benchmarks.benchmark import Gate
from promptyard.domain.benchmarks.evidence.building import build_report
from promptyard.domain.benchmarks.evidence.report import BenchmarkReport
from tests.support.samples.sample_evidence import cells_of, done, once, run_of

YES, NO = 1.0, 0.0
BASE = [YES] * 30 + [NO] * 10
BETTER = [YES] * 40
WORSE = [YES] * 15 + [NO] * 25


def report_with(gate: Gate, base: list[float | None], new: list[float | None]) -> BenchmarkReport:
    run = run_of(["base", "new"], len(base), gates=[gate])
    return build_report(run, cells_of("exact_match", [once(*base), once(*new)]))


@pytest.mark.parametrize(
    ("gate", "new", "passed"),
    [
        ({"op": ">=", "value": 0.9}, BETTER, True),
        ({"op": ">=", "value": 1.0}, BETTER, True),
        ({"op": ">", "value": 1.0}, BETTER, False),
        ({"op": ">=", "value": 0.9}, WORSE, False),
        ({"op": "<", "value": 0.9}, WORSE, True),
        ({"op": ">=", "baseline_times": 1.3}, BETTER, True),
        ({"op": ">=", "baseline_times": 1.4}, BETTER, False),
        ({"op": "<=", "baseline_times": 0.5}, WORSE, True),
        ({"op": ">=", "value": 0.9, "stat": "pass_all"}, BETTER, True),
        ({"op": ">=", "value": 0.9, "stat": "median"}, WORSE, False),
        ({"op": ">=", "value": 1.0, "stat": "p95"}, WORSE, True),
        ({"verdict": "better"}, BETTER, True),
        ({"verdict": "better"}, BASE, False),
        ({"verdict": "not_worse"}, BASE, True),
        ({"verdict": "not_worse"}, BETTER, True),
        ({"verdict": "not_worse"}, WORSE, False),
        ({"metric": "unheard_of", "op": "<=", "value": 1}, BETTER, False),
        ({"metric": "unheard_of", "verdict": "not_worse"}, BETTER, False),
        ({"metric": "failures", "op": "<=", "value": 0}, BETTER, True),
        ({"metric": "failures", "op": "<=", "value": 0.2}, [None] * 10 + BETTER[10:], False),
        ({"metric": "failures", "op": "<=", "value": 0.25}, [None] * 10 + BETTER[10:], True),
        ({"metric": "cost_usd", "op": "<=", "baseline_times": 1.0}, BETTER, True),
        ({"metric": "latency_ms", "stat": "p95", "op": "<", "value": 800}, BETTER, False),
        ({"metric": "latency_ms", "stat": "pass_all", "op": "<", "value": 800}, BETTER, False),
    ],
)
def test_gates(gate: dict[str, object], new: list[float | None], passed: bool) -> None:
    report = report_with(Gate.model_validate({"metric": "exact_match"} | gate), list(BASE), new)
    assert [one.column for one in report.gates] == ["new"]
    assert (report.passed, report.gates[0].passed) == (passed, passed)
    assert report.failed_gates == ([] if passed else [report.gates[0].words])


def test_what_is_not_known_holds_no_gate() -> None:
    for gate in ({"op": "<=", "value": 1}, {"op": ">=", "baseline_times": 0.1}, {"verdict": "not_worse"}):
        report = report_with(Gate.model_validate({"metric": "exact_match"} | gate), list(BASE), [None] * 40)
        assert report.passed is False


def test_equal_differences_are_not_worse_where_they_are_not() -> None:
    """Without an interval the difference itself is looked at; nothing is shown to be better by it."""

    def passed(verdict: str, cost: int) -> bool | None:
        gate = Gate.model_validate({"metric": "cost_usd", "verdict": verdict})
        run = run_of(["base", "new"], 20, gates=[gate])
        cells = [
            done({"row": row, "column": column, "repeat": 0}, {}, cost_usd=Decimal(cost if column else 2) / 1_000)
            for row in range(1, 21)
            for column in (0, 1)
        ]
        return build_report(run, cells).passed

    assert [passed("not_worse", cost) for cost in (1, 2, 3)] == [True, True, False]
    assert [passed("better", cost) for cost in (1, 2, 3)] == [False, False, False]


def test_a_gate_looks_at_its_own_interval_and_not_at_holms() -> None:
    """A gate is one question, asked before; the table is many, of which the most striking answer is read."""
    run = run_of([f"column {index}" for index in range(10)], 40, gates=[Gate(metric="exact_match", verdict="better")])
    scores = [once(*BASE), once(*[YES] * 36, *[NO] * 4), *[once(*BASE)] * 8]
    report = build_report(run, cells_of("exact_match", scores))
    one = report.comparisons[0]
    assert one.verdict == "not_shown"
    assert report.gates[0].passed


def test_a_column_that_stands_alone_is_held_to_what_needs_no_baseline() -> None:
    gates = [
        Gate(metric="exact_match", op=">=", value=0.7),
        Gate(metric="exact_match", op=">=", baseline_times=1.0),
        Gate(metric="exact_match", verdict="not_worse"),
    ]
    run = run_of(["only"], 40, gates=gates)
    report = build_report(run, cells_of("exact_match", [once(*BASE)]))
    assert [(one.column, one.passed) for one in report.gates] == [("only", True), ("only", False), ("only", False)]


def test_words() -> None:
    report = report_with(Gate(metric="exact_match", op=">=", value=0.9), list(BASE), list(WORSE))
    assert report.failed_gates == ["exact_match of new is 0.375; it must be at least 0.9"]
    report = report_with(Gate(metric="cost_usd", op="<=", baseline_times=0.5), list(BASE), list(WORSE))
    assert report.failed_gates == [
        "cost_usd of new is $0.001; it must be at most 0.5 × the baseline's ($0.0005)",
    ]
    report = report_with(Gate(metric="exact_match", verdict="not_worse"), list(BASE), list(WORSE))
    assert report.failed_gates == [
        "exact_match of new differs by −0.375 (−0.53 to −0.242); it must not be worse",
    ]
    assert report_with(Gate(metric="exact_match", op=">=", value=0.9), list(BASE), list(BETTER)).failed_gates == []
