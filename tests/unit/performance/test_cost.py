"""The page of costs is what its counts and prices make of it, and its sums are right."""

import math
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.performance.cost import prices
from tests.performance.cost.bill import MONTH_SECONDS, idle, month, runs_for, slowed_ms, total, traces
from tests.performance.cost.counted import Counted, CountedRun
from tests.performance.cost.page import PAGE, page

COUNTED = Counted.read()
COUNTS = st.integers(0, 10**6)
UNITS = st.floats(0, 1000)
RUNS = st.builds(CountedRun, st.floats(0.1, 900), COUNTS, UNITS, UNITS, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS)
MEMORY = st.integers(128, 10_240)


def rows(heading: str) -> list[list[str]]:
    """Of the first table after a line that begins so, with its head."""
    lines = PAGE.read_text().partition(f"\n{heading}")[2].split("\n")
    first = next(number for number, line in enumerate(lines) if line.startswith("|"))
    table = [line for line in lines[first:] if not line.startswith("| ---")]
    end = next(number for number, line in enumerate(table) if not line.startswith("|"))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[:end]]


def number(cell: str) -> float:
    return float(cell.replace(",", ""))


def shown_to(cell: str) -> float:
    """How far from the number a cell may be that is rounded so."""
    return 0.5 * 10 ** -len(cell.partition(".")[2]) if cell != "0" else 0.0


def test_the_page_is_made_of_the_counts_and_the_prices() -> None:
    assert PAGE.read_text() == page(COUNTED), "run: python -m tests.performance.cost"


@pytest.mark.parametrize("heading", ["## While nobody calls", "## A month"])
def test_the_parts_that_are_shown_add_up(heading: str) -> None:
    _, *parts, [name, *sums] = rows(heading)
    assert name == "in all"
    for column, shown in enumerate(sums, 1):
        cells = [part[column] for part in parts]
        most = sum(map(shown_to, [*cells, shown]))
        assert math.isclose(sum(map(number, cells)), number(shown), abs_tol=most + 1e-9)


def test_no_runs_cost_what_a_deployment_costs_while_nobody_calls() -> None:
    [*_, [_, idle_sum]] = rows("## While nobody calls")
    assert {row[1] for row in rows("All lengths and prompts")[1:]} == {idle_sum}
    assert rows("## A month")[-1][1] == idle_sum


@given(RUNS, MEMORY, MEMORY)
def test_a_month_without_runs_is_idle(run: CountedRun, memory: int, scheduled: int) -> None:
    bill = month(0, run, COUNTED, memory, scheduled)
    assert total(bill) == pytest.approx(total(idle(COUNTED, scheduled)))
    assert {part for part, amount in bill.items() if amount} == {"idle"}


@given(RUNS, MEMORY, st.integers(1, 10**9), st.integers(1, 10**9))
def test_more_runs_cost_more_of_every_part(run: CountedRun, memory: int, runs: int, more: int) -> None:
    fewer, many = (month(number, run, COUNTED, memory, 256) for number in (runs, runs + more))
    assert all(fewer[part] <= many[part] for part in fewer)
    assert total(fewer) < total(many)


@given(RUNS, MEMORY, st.floats(0, 10**6))
def test_what_can_be_had_for_so_much_costs_no_more_and_one_more_run_does(
    run: CountedRun, memory: int, dollars: float
) -> None:
    runs = runs_for(dollars, run, COUNTED, memory, 256)
    assert runs == 0 or total(month(runs, run, COUNTED, memory, 256)) <= dollars
    assert total(month(runs + 1, run, COUNTED, memory, 256)) > dollars


def test_a_part_is_its_count_times_its_price() -> None:
    run = CountedRun(5, 1000, 7, 2, 1, 3, 1000, 2000, 9000)
    counted = replace(COUNTED, cpu=replace(COUNTED.cpu, short_run_ms=0))
    bill = month(10**6, run, counted, 512, 256)
    assert bill["Lambda, duration"] == pytest.approx(5 * 0.5 * 13.3334)
    assert bill["API Gateway"] == pytest.approx(3.5)
    assert bill["DynamoDB, writes"] == pytest.approx(7 * 0.625)
    assert bill["DynamoDB, reads"] == pytest.approx(2 * 0.125)
    assert bill["S3, requests"] == pytest.approx(5 + 3 * 0.4)
    assert bill["data out"] == pytest.approx(10 * 0.09)
    assert bill["data kept for a month"] == pytest.approx(0.45 + 2 * 0.023)
    long = replace(run, answer_bytes=25_000_000)
    billed = month(1, long, counted, 512, 256)
    assert billed["API Gateway"] == pytest.approx(3 * prices.GATEWAY_REQUEST)
    assert billed["Lambda, requests"] == pytest.approx(prices.LAMBDA_REQUEST + 0.019 * prices.LAMBDA_STREAMED_GB)


def test_a_trace_a_second_and_one_in_twenty_of_the_others() -> None:
    assert traces(1000) == 1000
    assert traces(2 * MONTH_SECONDS) == pytest.approx(1.05 * MONTH_SECONDS)


def test_less_memory_than_a_processors_makes_work_longer() -> None:
    assert slowed_ms(10, 1769) == slowed_ms(10, 3000) == 10
    assert slowed_ms(10, 512) == pytest.approx(34.55, abs=0.01)


def test_the_prices_are_shown() -> None:
    shown = {number(row[1]) for row in rows("## Prices")[1:]}
    for name, price in vars(prices).items():
        if isinstance(price, float) and not re.fullmatch("LITELLM_MONTH", name):
            assert any(math.isclose(price * scale, known) for known in shown for scale in (1, 10**4, 10**6)), name
