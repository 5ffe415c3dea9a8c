"""What every adapter reads in the same way."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.providers.reading import faults


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "2", "retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "300.5"}, 0.3005),
        ({"retry-after": "-5"}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "1e300"}, None),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 -2359"}, None),
        ({"retry-after-ms": "9" * 5000}, None),
        ({"retry-after-ms": "٣"}, None),
    ],
)
def test_the_time_to_come_back(headers: dict[str, str], seconds: float | None) -> None:
    assert faults.retry_after_seconds(headers) == seconds


@given(depth=st.sampled_from([0, 1, 5, 50, 400, 1500, 9000]), name=st.sampled_from(["error", "a", "detail"]))
def test_an_error_however_deep_it_is_nested_is_read_without_harm(depth: int, name: str) -> None:
    body = b'{"%s":' % name.encode() * depth + b'"no"' + b"}" * depth
    assert isinstance(faults.error_body(body), dict)
    assert faults.error_message(faults.error_body(body), 429)


@given(st.recursive(st.just({"error": "no"}), lambda inner: st.dictionaries(st.just("a"), inner), max_leaves=3))
def test_an_error_as_deep_as_servers_put_it_is_found(answer: dict[str, Any]) -> None:
    found = faults.error_in(answer, ())
    assert found is None or found["message"] == "no"


def test_an_errors_sentence_can_be_written_as_utf_8() -> None:
    assert faults.error_message({"message": "bad \ud800 thing"}, 400) == "bad \ufffd thing"


@pytest.mark.parametrize("place", ["a", "choices"])
@pytest.mark.parametrize("listed", [True, False])
def test_an_error_is_found_nine_objects_deep_and_no_deeper(place: str, listed: bool) -> None:
    data: dict[str, Any] = {"error": {"message": "Sorry"}}
    for _ in range(9):
        data = {place: [data] if listed else data}
    assert faults.error_in(data, (place,)) == {"message": "Sorry"}
    assert faults.error_in({place: data}, (place,)) is None


@pytest.mark.parametrize("error", [{}, [], True, 5, " ", None])
def test_what_stands_for_no_error_is_none(error: Any) -> None:
    assert faults.error_in({"error": error, "choices": [1]}, ("choices",)) is None


@pytest.mark.parametrize(
    ("code", "is_one"), [(0, False), (200, False), ("0", False), ("200", False), (201, True), (1, True)]
)
def test_a_sentence_alone_is_an_error_but_for_a_code_that_says_all_went_well(code: int | str, is_one: bool) -> None:
    said = {"code": code, "message": "Something"}
    assert faults.error_in(said, ("choices",)) == (said if is_one else None)
    assert faults.error_in({**said, "choices": [1]}, ("choices",)) is None


def test_a_body_that_is_one_sentence_may_be_as_long_as_is_said() -> None:
    assert faults.error_body(b"x" * 2_000) == {"message": "x" * 2_000}
    assert faults.error_body(b"x" * 2_001) == {}
