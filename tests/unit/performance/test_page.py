"""The benchmark's tables and charts."""

import re
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from tests.performance.bench.answers import Outcome
from tests.performance.bench.charts import COLOURS, LEFT, WIDTH, Bar, bar_chart
from tests.performance.bench.figures import FIGURES, verdicts
from tests.performance.bench.page import charts, figures_table, markdown, page, plain, report
from tests.performance.bench.results import Results
from tests.performance.bench.rows import QUICK
from tests.performance.bench.store_use import Use
from tests.performance.bench.subjects import DIRECT, PROMPTYARD, RELAY

SVG = "{http://www.w3.org/2000/svg}"


def results() -> Results:
    made = Results(QUICK, bare_relay=True, rounds=2)
    for number, figure in enumerate(FIGURES, 1):
        made.samples.add(DIRECT, {figure.key: 1.0})
        made.samples.add(RELAY, {figure.key: 1.0 + number})
        made.samples.add(PROMPTYARD, {figure.key: None if figure.key == "calls" else 1.0 + number / 10})
    made.store = {
        ("put_item", "runs: run"): Use(2, [100, 300], 5, 0),
        ("get_item", "runs: cancel"): Use(1, [0], 0, 0.5),
    }
    made.note("calls, promptyard", [Outcome(failure="no time left"), Outcome(ended=1.0)])
    return made


def bars(svg: str) -> list[ElementTree.Element]:
    return [element for element in ElementTree.fromstring(svg).iter(f"{SVG}rect") if element.get("x") == str(LEFT)]


@given(st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=12))
def test_a_longer_bar_is_a_larger_value_and_all_are_within_the_chart(values: list[float]) -> None:
    svg = bar_chart("A <title>", [(f"a & {index}", [Bar(value, "", "#000")]) for index, value in enumerate(values)], {})
    lengths = [float(bar.get("width", "")) for bar in bars(svg)]
    assert len(lengths) == len(values)
    assert all(0 < length <= WIDTH - LEFT for length in lengths)
    order = sorted(range(len(values)), key=values.__getitem__)
    assert [lengths[index] for index in order] == sorted(lengths)


def test_each_chart_can_be_read_and_names_what_it_shows() -> None:
    drawn = charts(verdicts(results().samples))
    assert set(drawn) == {"against-the-relay.svg", "first-token.svg", "throughput.svg"}
    for svg in drawn.values():
        assert bars(svg)
        assert len("".join(ElementTree.fromstring(svg).itertext())) > 100
    assert COLOURS["direct"] in drawn["throughput.svg"]
    assert "300 such streams" in drawn["first-token.svg"]


def test_names_have_room_beside_the_bars() -> None:
    """About 6.5 pixels a character, at 12 pixels a line."""
    for svg in charts(verdicts(results().samples)).values():
        names = [text for text in ElementTree.fromstring(svg).iter(f"{SVG}text") if text.get("text-anchor") == "end"]
        assert names
        assert all(6.5 * len(name.text or "") < LEFT - 10 for name in names)


def test_every_row_of_a_table_is_as_wide() -> None:
    table = figures_table(verdicts(results().samples))
    assert len(table) == 1 + len(FIGURES)
    assert {len(row) for row in table} == {len(table[0])}
    assert {line.count("|") for line in markdown(table).splitlines()} == {len(table[0]) + 1}
    assert len({len(line) for line in plain(table).splitlines()}) == 1


def test_the_page_says_what_holds_and_what_does_not() -> None:
    made = results()
    found = verdicts(made.samples)
    text = page(made, found, list(charts(found)))
    held = sum(verdict.met is True for verdict in found)
    assert f"{held} of {sum(figure.target is not None for figure in FIGURES)} bounds hold" in text
    [calls] = [line for line in text.splitlines() if line.startswith("| calls of 50 ms")]
    assert re.search(r"\| – \|.*\| ≤ 1.5 × \| \*\*no\*\* \|$", calls)
    assert "- 1 × calls, promptyard: no time left" in text
    assert "| in all |  | 3 | 400 | 5 | 0.5 |" in text
    assert "no time left" in report(made)
