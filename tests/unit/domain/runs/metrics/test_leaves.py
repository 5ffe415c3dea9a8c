"""What JSON values say, whatever it is wrapped in."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.domain.runs.metrics.leaves import MAX_DEPTH, said
from promptyard.domain.runs.metrics.pii.metric import pii_violation
from promptyard.domain.runs.metrics.types import MetricInput

CARD = "4111111111111111"
MAIL = "ada@example.com"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def findings(value: Any) -> Any:
    return pii_violation(MetricInput(prompt="", sent=(value,))).score


@pytest.mark.parametrize(
    "value",
    [
        f'{{"to": "{MAIL}", "to": "nobody"}}',
        json.dumps({"note": json.dumps({"to": json.dumps(MAIL)})}),
        f'{{"to": "{MAIL}", ',
        '{"to": "ada\\u0040example.com", ',
        json.dumps({"to": MAIL}).encode(),
        {"id": MAIL},
        {MAIL: 1},
        {"seed": int(CARD)},
        {"seed": float(CARD)},
        f'{{"amount": {CARD}.0}}',
        '{"amount": 4.111111111111111e15}',
        '{"amount": 41111111111111.11e2}',
        f"data:text/plain;base64,{encoded(MAIL)}",
        f"data:;base64,{encoded(MAIL)}",
        f"See data:application/json;charset=utf-8;base64,{encoded(json.dumps({'to': MAIL}))} there",
        f"data:text/plain;base64,{base64.b64encode(bytes([255]) + MAIL.encode()).decode()}",
        f"data:image/png;base64,{encoded(f'to {MAIL}')}",
        f"data:text/plain,{MAIL.replace('@', '%40')}",
        encoded(f"write to {MAIL} today"),
        [[[[[{"a": (MAIL,)}]]]]],
    ],
    ids=str,
)
def test_what_is_wrapped_is_found(value: Any) -> None:
    assert findings(value) >= 1


def test_the_bytes_of_media_are_no_text() -> None:
    png = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4).decode()
    for value in (f"data:image/png;base64,{png}", png, f"data:image/png;base64,{png}/{CARD}"):
        assert findings(value) == 0


def test_what_is_too_deep_to_be_read_is_inconclusive() -> None:
    deep: Any = {"to": MAIL}
    for _ in range(MAX_DEPTH + 2):
        deep = json.dumps([deep])
    result = pii_violation(MetricInput(prompt="", sent=(deep,)))
    assert result.inconclusive
    shallow: Any = {"to": "nobody"}
    for _ in range(MAX_DEPTH - 1):
        shallow = json.dumps([shallow])
    assert pii_violation(MetricInput(prompt="", sent=(shallow,))).score == 0


def test_a_nesting_that_no_parser_reads_is_looked_at_as_it_stands() -> None:
    assert findings("[" * 100_000 + f'"{MAIL}"') == 1


def test_a_value_counts_once_however_often_it_goes_on() -> None:
    result = pii_violation(
        MetricInput(prompt=MAIL, sent=({"a": MAIL, "b": [f"to {MAIL}"]}, {"c": CARD, "d": int(CARD)}))
    )
    assert (result.score, result.details) == (2, {"prompt": {"email": 1, "card": 1}})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


@given(json_values, st.integers(0, MAX_DEPTH - 1))
def test_every_scalar_is_said_whatever_it_is_wrapped_in(value: Any, wrappings: int) -> None:
    wrapped: Any = [value]
    for _ in range(wrappings):
        wrapped = json.dumps([wrapped])
    read = said([wrapped])
    left = [value]
    while left:
        part = left.pop()
        if isinstance(part, dict):
            left += [*part.keys(), *part.values()]
        elif isinstance(part, list):
            left += part
        elif isinstance(part, str):
            assert part in read.texts or not part
        elif isinstance(part, int | float) and not isinstance(part, bool):
            assert str(part) in read.texts
