"""The sentence on top of a report."""

import pytest

from promptyard.domain.benchmarks.benchmark import BenchmarkStatus, CellResult, CellStatus, Gate
from promptyard.domain.benchmarks.evidence.building import build_report
from tests.support.samples.sample_evidence import Scores, cells_of, once, realistic_cells, run_of

YES, NO = 1.0, 0.0
HALF = once(*[YES] * 20, *[NO] * 20)
MOST = once(*[YES] * 36, *[NO] * 4)
FEW = once(*[YES] * 4, *[NO] * 36)
ABOUT_HALF = once(*[YES] * 22, *[NO] * 18)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([HALF], "On 40 rows, exact_match of base is 0.5 (between 0.352 and 0.648)."),
        ([once(*[None] * 40)], "On 40 rows, exact_match of base is not known; of 40 answers 40 failed."),
        (
            [HALF, MOST],
            "On 40 rows, x does better than base: exact_match 0.9 instead of 0.5, a difference of +0.4 "
            "(between +0.263 and +0.554).",
        ),
        (
            [HALF, FEW],
            "On 40 rows, x does worse than base: exact_match 0.1 instead of 0.5, a difference of −0.4 "
            "(between −0.554 and −0.263).",
        ),
        (
            [HALF, ABOUT_HALF],
            "On 40 rows, no difference in exact_match is shown between x and base: it lies between −0.042 and +0.165, "
            "and some 160 rows would be needed to show one as large as was seen.",
        ),
        (
            [HALF, MOST, HALF, MOST],
            "On 40 rows, x does better than base (so does z): exact_match 0.9 instead of 0.5, a difference of +0.4 "
            "(between +0.263 and +0.554).",
        ),
        (
            [HALF, HALF, FEW],
            "On 40 rows, no column is shown to do better than base, and y does worse: exact_match 0.1 instead of 0.5, "
            "a difference of −0.4 (between −0.554 and −0.263).",
        ),
        (
            [HALF, HALF, HALF],
            "On 40 rows, no column is shown to differ from base in exact_match: the best, x, differs by 0 "
            "(between −0.0876 and +0.0876).",
        ),
        (
            [HALF, once(*[None] * 40)],
            "On 40 rows, nothing can be compared: no row was answered by both the baseline and another column; "
            "of 80 answers 40 failed.",
        ),
    ],
)
def test_what_came_out(scores: list[Scores], expected: str) -> None:
    run = run_of(["base", "x", "y", "z"][: len(scores)], 40, status=BenchmarkStatus.COMPLETED)
    assert build_report(run, cells_of("exact_match", scores)).sentence == expected


def test_what_else_is_shown_of_the_best_column() -> None:
    run = run_of(["base", "new·lite"], 300, ["exact_match", "rouge_1"], status=BenchmarkStatus.COMPLETED)
    told = build_report(run, realistic_cells(run)).sentence
    assert "; new·lite is better in tokens (−" in told
    assert " and worse in cost of an answer (+" in told
    assert "could not be run" in told
    assert " %)" in told


def test_what_may_be_chance_among_many_comparisons() -> None:
    run = run_of(["base", "x"], 40, ["exact_match"], status=BenchmarkStatus.COMPLETED)
    somewhat = once(*[YES] * 25, *[NO] * 15)
    cells = [
        cell.model_copy(update={"latency_ms": 500 + cell.row * (7 if cell.column else 11) % 90})
        for cell in cells_of("exact_match", [HALF, somewhat])
    ]
    told = build_report(run, cells).sentence
    assert "no difference in exact_match is shown between x and base: taken alone it lies between +0.0" in told
    assert ", but among 2 comparisons that may be chance, and some " in told


def test_gates_and_an_early_end() -> None:
    gates = [Gate(metric="exact_match", op=">=", value=0.6), Gate(metric="exact_match", op=">=", value=0.95)]
    run = run_of(["base", "x"], 40, gates=gates, status=BenchmarkStatus.OVER_BUDGET)
    cells = list(cells_of("exact_match", [HALF, once(*[YES] * 36)]))
    cells.append(CellResult(row=37, column=1, repeat=0, status=CellStatus.POISON))
    told = build_report(run, cells).sentence
    assert "; of 80 answers 1 could not be run and 3 were not run; the benchmark ended early: " in told
    assert told.endswith("its budget was used up; all 2 gates hold.")
    told = build_report(run, cells_of("exact_match", [HALF, HALF])).sentence
    assert told.endswith("; 2 of 2 gates fail.")
    told = build_report(run, cells_of("exact_match", [HALF, MOST])).sentence
    assert told.endswith("; 1 of 2 gates fails: exact_match of x is 0.9; it must be at least 0.95.")
    run = run_of(["base", "x"], 40, gates=gates[:1], status=BenchmarkStatus.COMPLETED)
    assert build_report(run, cells_of("exact_match", [HALF, MOST])).sentence.endswith("; its gate holds.")
