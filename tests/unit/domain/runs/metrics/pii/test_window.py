import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptyard.domain.runs.metrics.pii.scan import Finding, PiiSearch
from promptyard.domain.runs.metrics.pii.window import MOST_HELD, WINDOW, PiiWindow, safe_length
from tests.support.samples.pii_lines import labelled_lines

LINES = labelled_lines(1_000, seed=9)
PLANTED = [line for line in LINES if line.kind and any(found.start < line.end for found in PiiSearch(line.text))]

texts = st.lists(
    st.one_of(
        st.sampled_from([line.text for line in LINES]),
        st.text(alphabet="0123456789 .-+()/@aAxZ,\n\u00a0é東", max_size=40),
        st.sampled_from((r"Card:\n4111111111111111", "\\", "n+44 20 7946 0000", "...", "--ada@example.com")),
        st.sampled_from(("Call ", "BSN ", "DE89 ", "ZZ 12 ", "a@b.", "4111 1111 ", "+44 (0)", "X" * 300, "1 " * 90)),
    ),
    max_size=6,
).map("".join)


def pieces(text: str, cuts: list[int]) -> list[str]:
    places = sorted({cut % (len(text) + 1) for cut in cuts} | {0, len(text)})
    return [text[start:end] for start, end in pairwise(places)] or [""]


def stream(parts: list[str]) -> tuple[str, list[Finding], list[str]]:
    """What leaves when nothing is ever blocked: the text, the findings, and the releases one by one."""
    window, findings, releases = PiiWindow(), [], []
    for part in parts:
        findings += window.push(part)
        releases.append(window.release())
    findings += window.close()
    releases.append(window.release())
    return "".join(releases), findings, releases


@settings(max_examples=300, deadline=None)
@given(texts, st.lists(st.integers(0, 5_000), max_size=60))
def test_however_a_text_is_cut_the_same_leaves_and_the_same_is_found(text: str, cuts: list[int]) -> None:
    released, findings, _ = stream(pieces(text, cuts))
    assert released == text
    assert findings == list(PiiSearch(text))


@settings(max_examples=300, deadline=None)
@given(texts, st.lists(st.integers(0, 5_000), max_size=60))
def test_a_finding_is_reported_before_any_of_it_leaves(text: str, cuts: list[int]) -> None:
    window, released, reported = PiiWindow(), 0, set[Finding]()
    expected = list(PiiSearch(text))
    for part in pieces(text, cuts):
        reported.update(window.push(part))
        released += len(window.release())
        assert all(finding in reported for finding in expected if finding.start < released)


@settings(max_examples=200, deadline=None)
@given(texts, st.lists(st.integers(0, 5_000), max_size=60))
def test_no_more_than_a_window_is_held_back(text: str, cuts: list[int]) -> None:
    window, given_, released = PiiWindow(), 0, 0
    for part in pieces(text, cuts):
        window.push(part)
        given_ += len(part)
        released += len(window.release())
        assert given_ - released <= MOST_HELD


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 16, 64, 1_000])
def test_of_500_planted_values_not_one_leaves_a_guard_that_blocks(size: int) -> None:
    pick = random.Random(size)
    for _ in range(500):
        before = f"{_prose(pick)}\n"
        line = pick.choice(PLANTED)
        text = f"{before}{line.text}\n{_prose(pick)}"
        [first, *_] = PiiSearch(text)
        assert first.start < len(before) + line.end, "the planted value, or what the line has before it, is found"
        assert text[: first.start].startswith(_until_blocked(text, size, pick))


def _until_blocked(text: str, size: int, pick: random.Random) -> str:
    """What a caller gets of `text`, streamed in pieces of up to `size` characters, from a guard against any finding."""
    window, out, place = PiiWindow(), "", 0
    while place < len(text):
        step = pick.randint(1, size)
        if window.push(text[place : place + step]):
            return out
        out += window.release()
        place += step
    return out if window.close() else out + window.release()


WORDS = ("the", "12", "quick", "brown", "fox", "in", "2024", "jumps", "over", "a", "lazy", "Dog,", "again.")


def _prose(pick: random.Random) -> str:
    return " ".join(pick.choices(WORDS, k=12))


def test_not_even_the_first_character_of_a_finding_leaves() -> None:
    text = "Write to jane@example.com today"
    for size in range(1, len(text) + 1):
        assert "Write to ".startswith(_until_blocked(text, size, random.Random(size)))


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("", ""),
        ("Hello, this is", "Hello, this "),
        ("Hello, this is ", "Hello, this is "),
        ("Hello, world.", "Hello, "),
        ("Hello, world.\n", "Hello, world.\n"),
        ("Call +44 20", "Call "),
        ("Call +44 20, then", "Call +44 20, "),
        ("in 2024 we", "in 2024 "),
        ("ωωω.ωω, ω", "ωωω.ωω, "),
        ("mail jane@exa", "mail "),
        ("AB", ""),
        ("de89 3704 0044 0532", ""),
        ("an IBAN: de89 3704", "an IBAN: "),
    ],
)
def test_prose_leaves_word_by_word(text: str, safe: str) -> None:
    assert text[: safe_length(text)] == safe


def test_a_run_without_end_still_leaves_by_windows() -> None:
    assert safe_length("x" * 10_000) == 10_000 - 65, "no more may be the local part of an address"
    assert safe_length("a@" + "x" * 10_000) == 10_000 + 2 - 65
    assert safe_length("a@" + "x" * 400) == 0
    assert safe_length("1 " * 5_000) >= 10_000 - WINDOW


def test_prose_without_anything_personal_is_never_held_for_long() -> None:
    text = _prose(random.Random(3)) + " " + "and so it goes on, quietly, " * 50
    window, given_, released, held = PiiWindow(), 0, 0, []
    for start in range(0, len(text), 4):
        window.push(text[start : start + 4])
        given_ += len(text[start : start + 4])
        released += len(window.release())
        held.append(given_ - released)
    assert max(held) <= 12


def test_a_guard_may_let_findings_pass_and_go_on_counting() -> None:
    window = PiiWindow()
    first = window.push("a@b.co and 4111111111111111 and ")
    assert [finding.kind for finding in first] == ["email", "card"]
    assert window.release().startswith("a@b.co and 4111111111111111 ")
    assert window.push("c@d.co") == []
    assert [(finding.kind, finding.start) for finding in window.close()] == [("email", 32)]
    assert window.release() == "c@d.co"


def test_a_finding_that_the_window_passes_through_is_not_searched_again() -> None:
    text = "+1 4111 1111 1111 1111 " + "1 " * 100  # a telephone number, inside which a card number begins
    _, findings, _ = stream(list(text))
    assert findings == list(PiiSearch(text))
    assert [finding.kind for finding in findings] == ["phone"]


def test_nothing_leaves_twice() -> None:
    window = PiiWindow()
    window.push("one two ")
    assert window.release() == "one two "
    assert window.release() == ""
    window.close()
    assert window.release() == ""
