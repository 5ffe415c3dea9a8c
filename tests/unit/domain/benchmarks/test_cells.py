"""Cells are numbered by row, column and repeat, without a gap."""

import itertools

import pytest

from promptyard.domain.benchmarks.cells import Cell, cell_count
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
