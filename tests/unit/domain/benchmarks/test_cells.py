"""Cells are numbered by row, column and repeat, without a gap; some are judged twice."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.domain.benchmarks.cells import Cell, cell_count, is_judged_twice
from tests.support.samples.sample_benchmarks import new_benchmark_run


@pytest.mark.parametrize(("rows", "columns", "repeats"), [(1, 1, 1), (3, 2, 1), (4, 3, 5), (7, 1, 2)])
def test_numbers_go_through_all_cells_in_order(rows: int, columns: int, repeats: int) -> None:
    run = new_benchmark_run(rows=rows, columns=columns, repeats=repeats)
    cells = [Cell.of(run, number) for number in range(cell_count(run))]
    places = itertools.product(range(1, rows + 1), range(columns), range(repeats))
    assert [(cell.row, cell.column, cell.repeat) for cell in cells] == list(places)
    assert [cell.number for cell in cells] == list(range(rows * columns * repeats))


@pytest.mark.parametrize("number", [-1, 6])
def test_there_are_no_others(number: int) -> None:
    with pytest.raises(ValueError, match="no such cell"):
        Cell.of(new_benchmark_run(rows=3, columns=2), number)


@given(st.integers(1, 60), st.integers(1, 3), st.integers(1, 3), st.integers(0, 100))
def test_as_many_rows_as_asked_are_judged_twice_in_every_column(
    rows: int, columns: int, repeats: int, judge_twice: int
) -> None:
    run = new_benchmark_run(rows=rows, columns=columns, repeats=repeats, judge_twice=judge_twice)
    cells = [Cell.of(run, number) for number in range(cell_count(run))]
    twice = [cell for cell in cells if is_judged_twice(run, cell)]
    found = sorted({cell.row for cell in twice})
    assert len(found) == min(judge_twice, rows)
    assert len(twice) == len(found) * columns
    assert {cell.repeat for cell in twice} <= {0}
    if 0 < judge_twice < rows:
        gaps = {after - before for before, after in itertools.pairwise(found)}
        assert not gaps or max(gaps) - min(gaps) <= 1
