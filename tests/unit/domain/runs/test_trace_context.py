"""The trace that a request names: https://www.w3.org/TR/trace-context/."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.domain.runs.trace_context import MAX_STATE_CHARACTERS, TraceParent, parse_trace_parent

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
HEX = "0123456789abcdef"


@pytest.mark.parametrize(
    ("header", "flags"),
    [
        (f"00-{TRACE}-{SPAN}-01", 1),
        (f"00-{TRACE}-{SPAN}-00", 0),
        (f" 00-{TRACE}-{SPAN}-03 ", 3),
        (f"01-{TRACE}-{SPAN}-01", 1),
        (f"cc-{TRACE}-{SPAN}-01-what-later-versions-have", 1),
    ],
)
def test_it_is_taken_over(header: str, flags: int) -> None:
    assert parse_trace_parent(header) == TraceParent(TRACE, SPAN, flags)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "garbage",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE[:-1]}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-0",
        f"00-{TRACE}-{SPAN}-01\n{SPAN}",
        f"00-{TRACE}-{SPAN}-٠١",
    ],
)
def test_what_is_none_is_no_trace(header: str) -> None:
    assert parse_trace_parent(header) is None


@given(st.text(max_size=80))
def test_any_header_is_one_or_none(header: str) -> None:
    found = parse_trace_parent(header)
    assert found is None or (set(found.trace_id) <= set(HEX) and len(found.trace_id) == 32)


@pytest.mark.parametrize(
    ("state", "kept"),
    [
        ("", ""),
        ("congo=t61rcWkgMzE,rojo=00f067aa0ba902b7", "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7"),
        ("a=" + "x" * MAX_STATE_CHARACTERS, ""),
        ("a=\r\nx-injected: 1", ""),
        ("a=é", ""),
    ],
)
def test_the_vendors_state_goes_along_where_it_can(state: str, kept: str) -> None:
    found = parse_trace_parent(f"00-{TRACE}-{SPAN}-01", state)
    assert found is not None
    assert found.state == kept
