import json
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard_cli.display import output
from promptyard_cli.display.numbers import UNKNOWN, count, duration, money, rate, score

TEXTS = st.text(st.characters(codec="utf-8"))


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "for_people", lambda: True)


@pytest.mark.usefixtures("terminal")
def test_a_terminal_gets_no_commands() -> None:
    @given(TEXTS)
    def holds(text: str) -> None:
        told = output.harmless(text)
        assert {letter for letter in told if unicodedata.category(letter) == "Cc"} <= {"\n", "\t"}
        assert told == "".join(one for one in text if unicodedata.category(one) != "Cc" or one in "\n\t")

    holds()


def test_a_pipe_gets_every_byte(capsys: pytest.CaptureFixture[str]) -> None:
    output.write("a\x1b[31mb\x00c\n")
    output.show_json({"a": "é\x1b"})
    raw, told = capsys.readouterr().out.split("\n", 1)
    assert raw == "a\x1b[31mb\x00c"
    assert json.loads(told) == {"a": "é\x1b"}
    assert not sys.stdout.isatty()


def test_a_cell_is_no_two_lines_or_cells(capsys: pytest.CaptureFixture[str]) -> None:
    output.show_table(("a", "b"), [("x\ty\nz", "1")])
    assert capsys.readouterr().out == "a\tb\nx y z\t1\n"


@pytest.mark.parametrize(
    ("told", "as_written"),
    [
        (money(0), "$0.00"),
        (money(0.00001), "$0.00001"),
        (money(0.00261), "$0.00261"),
        (money(0.0000000012), "$1.2e-09"),
        (money(1234.5), "$1,234.50"),
        (duration(0), "0 ms"),
        (duration(999.4), "999 ms"),
        (duration(59_960), "60.0 s"),
        (duration(119_800), "2 min 0 s"),
        (duration(7_260_000), "2 h 1 min"),
        (rate(84, 1100, 100), "84 tok/s"),
        (rate(84, 100, 100), UNKNOWN),
        (count(12345), "12,345"),
        (score(0.123456), "0.1235"),
    ],
)
def test_numbers_are_written_for_people(told: str, as_written: str) -> None:
    assert told == as_written


def test_what_is_not_known_is_never_0() -> None:
    assert {money(None), duration(None), rate(None, 1, 0), rate(1, None, 0), count(None), score(None)} == {UNKNOWN}
