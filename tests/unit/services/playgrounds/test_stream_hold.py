"""What of a streamed answer leaves while guards are watching, however it is cut into pieces."""

import random
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptyard.domain.runs.metrics.pii.scan import MAX_FAILURES, PiiSearch
from promptyard.domain.runs.metrics.pii.window import WINDOW
from promptyard.domain.runs.metrics.registry import METRICS
from promptyard.domain.runs.metrics.types import Metric
from promptyard.domain.runs.moderation import Comparator, Guard, GuardCondition, Intervention
from promptyard.domain.runs.run_metrics import Action
from promptyard.services.playgrounds.stream_hold import StreamHold

CARD = "4111 1111 1111 1111"
MAIL = "ada@example.com"


def guard(
    comparator: Comparator = Comparator.GREATER_THAN, comparand: float = 0, metric: str = "pii_violation"
) -> tuple[Metric, Guard]:
    return METRICS[metric], Guard(
        metric, metric, GuardCondition(comparand, comparator), Intervention(Action.BLOCK, "Blocked.")
    )


def cut(text: str, places: list[int]) -> Iterator[str]:
    bounds = sorted({place % (len(text) + 1) for place in places} | {0, len(text)})
    return (text[start:end] for start, end in pairwise(bounds))


def let_go(hold: StreamHold, pieces: Iterator[str]) -> str:
    """What leaves until a guard triggers, or the answer ends."""
    left = ""
    for piece in pieces:
        left += hold.take(piece)
        if hold.trigger is not None:
            break
    assert len(left) == hold.released
    return left


def test_without_guards_every_piece_leaves_as_it_comes() -> None:
    hold = StreamHold([])
    for piece in ("Card: ", "4111 1111", " 1111 1111", "", "."):
        assert hold.take(piece) == piece
    assert (hold.holds, hold.trigger) == (False, None)


texts = st.lists(
    st.sampled_from(["Plain words, and more. ", f"Mail {MAIL}! ", f"Card {CARD}. ", "12 34 ", "a@b", "\n", "x" * 500]),
    max_size=8,
).map("".join)
cuts = st.lists(st.integers(0, 5_000), max_size=40)


@settings(deadline=None)
@given(texts, cuts)
def test_a_guard_against_any_lets_go_of_what_stands_before_the_first(text: str, places: list[int]) -> None:
    hold = StreamHold([guard()])
    left = let_go(hold, cut(text, places))
    first = next(iter(PiiSearch(text)), None)
    assert text.startswith(left)
    if first is None:
        assert hold.trigger is None
        assert len(text) - len(left) <= WINDOW
    else:
        assert len(left) <= first.start


@settings(deadline=None)
@given(texts, cuts, st.integers(1, 4))
def test_what_counts_towards_a_block_waits_for_the_end(text: str, places: list[int], allowed: int) -> None:
    hold = StreamHold([guard(comparand=allowed)])
    left = let_go(hold, cut(text, places))
    found = list(PiiSearch(text))
    assert text.startswith(left)
    assert not found or len(left) <= found[0].start
    if hold.trigger is not None:
        assert hold.trigger.score == allowed + 1
        assert len(found) > allowed, "however many come in one piece, the first too many counts"


@pytest.mark.parametrize("comparator", [Comparator.EQUALS, Comparator.IS])
def test_a_number_that_is_met_on_the_way_is_not_the_end(comparator: Comparator) -> None:
    hold = StreamHold([guard(comparator, 1)])
    left = let_go(hold, iter([f"First {MAIL} and ", f"second {CARD} . "] * 2))
    assert (left, hold.trigger) == ("First ", None)


@pytest.mark.parametrize("comparator", [Comparator.NOT_EQUALS, Comparator.IS_NOT])
def test_not_none_is_any(comparator: Comparator) -> None:
    hold = StreamHold([guard(comparator, 0)])
    assert let_go(hold, iter([f"Mail {MAIL} now. ", "More."])) == ""
    assert hold.trigger is not None


@pytest.mark.parametrize(
    "needs_all",
    [
        guard(Comparator.EQUALS, 0),
        guard(Comparator.LESS_THAN, 1),
        guard(Comparator.IS_NOT, 3),
        guard(metric="response_tokens"),
        guard(metric="toxicity_violation"),
    ],
    ids=lambda pair: f"{pair[0].name} {pair[1].condition.comparator.value}",
)
def test_a_guard_that_needs_the_whole_answer_lets_nothing_go(needs_all: tuple[Metric, Guard]) -> None:
    for guards in ([needs_all], [guard(), needs_all]):
        hold = StreamHold(guards)
        assert let_go(hold, iter(["Plain words. " * 100, CARD, "more"])) == ""
        assert (hold.holds, hold.trigger) == (True, None)


def test_what_was_not_looked_at_to_its_end_waits() -> None:
    near_misses = "4111111111111112 " * MAX_FAILURES
    hold = StreamHold([guard()])
    assert hold.take("Numbers: ") != ""
    before = hold.released
    assert let_go(StreamHold([guard()]), iter([near_misses, f"{CARD} . ", "word " * 200])) == ""
    assert [hold.take(piece) for piece in (near_misses, f"{CARD} . ", "word " * 200)] == ["", "", ""]
    assert hold.released == before


def test_of_several_guards_the_strictest_triggers() -> None:
    hold = StreamHold([guard(comparand=5), guard(comparand=1)])
    let_go(hold, iter([f"{MAIL} and {MAIL} and {MAIL} . "]))
    assert hold.trigger is not None
    assert hold.trigger.guard.condition.comparand == 1


def test_the_first_text_waits_for_a_window_at_most() -> None:
    pick = random.Random(7)
    for _ in range(200):
        hold, given_ = StreamHold([guard()]), 0
        while hold.released == 0:
            piece = "".join(pick.choices("abc 1234.-@", k=pick.randint(1, 30)))
            given_ += len(piece)
            hold.take(piece)
            if hold.trigger is not None:
                break
            assert given_ - hold.released <= WINDOW
