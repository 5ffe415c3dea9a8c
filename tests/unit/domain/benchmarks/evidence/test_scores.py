"""The numbers that are kept of cells."""

import math
import random
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptyard.domain.benchmarks.benchmark import CellResult, CellStatus
from promptyard.domain.benchmarks.evidence.building import build_report
from promptyard.domain.benchmarks.evidence.measure_names import FAILURES
from promptyard.domain.benchmarks.evidence.scores import ScoreTable
from tests.support.samples.sample_evidence import cells_of, done, once, realistic_cells, run_of


def test_repeats_of_a_row_are_averaged_first() -> None:
    table = ScoreTable(run_of(["a", "b"], 2, ["rouge_1"], repeats=3))
    table.add_all(cells_of("rouge_1", [[[0.1, 0.2, 0.6], [1.0, None, None]], [[0.5, 0.5, 0.5], [None, None, None]]]))
    assert table.row_means(0, "rouge_1") == pytest.approx([0.3, 1.0])
    assert table.known_row_means(1, "rouge_1") == [0.5]
    assert table.pairs(0, 1, "rouge_1") == ([pytest.approx(0.3)], [0.5])
    assert table.known_row_means(0, FAILURES) == pytest.approx([0, 2 / 3])


@settings(max_examples=10)
@given(st.randoms(use_true_random=False))
def test_the_order_of_cells_and_their_coming_twice_change_nothing(chance: random.Random) -> None:
    run = run_of(["a", "b", "c·lite"], 12, ["exact_match", "rouge_1"], repeats=2)
    cells = list(realistic_cells(run))
    report = build_report(run, cells)
    again = [*cells, *chance.sample(cells, 20)]
    chance.shuffle(again)
    assert build_report(run, again) == report


@pytest.mark.parametrize("place", [{"row": 0}, {"row": 3}, {"column": 1}, {"column": -1}, {"repeat": 1}])
def test_a_cell_that_the_run_does_not_have(place: dict[str, int]) -> None:
    table = ScoreTable(run_of(["a"], 2))
    with pytest.raises(ValueError, match="no such cell"):
        table.add(CellResult(**({"row": 1, "column": 0, "repeat": 0, "status": CellStatus.DONE} | place)))


def test_what_is_not_known_is_no_number() -> None:
    table = ScoreTable(run_of(["a"], 3, ["rouge_1"]))
    table.add(done({"row": 1, "column": 0, "repeat": 0}, {"rouge_1": None}, input_tokens=None, cost_usd=None))
    table.add(done({"row": 2, "column": 0, "repeat": 0}, {"rouge_1": math.nan, "unheard_of": 1.0}))
    assert table.values(0, "rouge_1") == table.values(0, "unheard_of") == []
    assert len(table.values(0, "tokens")) == len(table.values(0, "cost_usd")) == 1
    assert table.count(0, CellStatus.DONE) == 2
    assert table.count(0, None) == 1


def test_ten_thousand_cells_take_no_more_than_their_numbers() -> None:
    run = run_of(["a", "b"], 1_000, ["exact_match", "rouge_1"], repeats=5)
    table, cells = ScoreTable(run), list(realistic_cells(run, words=15))
    tracemalloc.start()
    try:
        table.add_all(cells)
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert held < 10_000 * 8 * 12


def test_poison_and_failed_cells_are_told_apart() -> None:
    table = ScoreTable(run_of(["a", "b"], 3))
    table.add_all(cells_of("exact_match", [once(1.0, None, 0.0)]))
    table.add(CellResult(row=2, column=1, repeat=0, status=CellStatus.POISON, error="x" * 1_000))
    assert [table.count(0, status) for status in (*CellStatus, None)] == [2, 1, 0, 0]
    assert [table.count(1, status) for status in (*CellStatus, None)] == [0, 0, 1, 2]
    assert table.poison == {2: {1: "x" * 200}}
