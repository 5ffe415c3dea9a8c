"""The known values that are searched for before guards are served."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from promptyard.domain.runs.metrics.pii import scan
from promptyard.domain.runs.metrics.pii.patterns import PATTERNS, Pattern
from promptyard.domain.runs.metrics.pii.scan import PatternSearch, blind_kinds

Sabotage = Callable[[Pattern], Pattern]

each_pattern = pytest.mark.parametrize("pattern", PATTERNS, ids=[f"{n}-{row.kind}" for n, row in enumerate(PATTERNS)])


@each_pattern
def test_of_its_kind_this_row_alone_finds_its_known_value(pattern: Pattern) -> None:
    finders = [
        row for row in PATTERNS if row.kind == pattern.kind and PatternSearch(row, pattern.known).after(0) is not None
    ]
    assert finders == [pattern]


def test_every_known_value_is_found() -> None:
    assert blind_kinds() == []


@each_pattern
@pytest.mark.parametrize(
    "sabotage",
    [
        lambda row: replace(row, shape="(?!)"),
        lambda row: replace(row, check=lambda _: False),
        lambda row: replace(row, trim=lambda _: ""),
        lambda row: replace(row, cues=frozenset({"xyzzy"})),
    ],
    ids=["shape", "check", "trim", "cues"],
)
def test_a_row_that_finds_nothing_is_noticed(
    pattern: Pattern, sabotage: Sabotage, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tuple(sabotage(row) if row is pattern else row for row in PATTERNS)
    monkeypatch.setattr(scan, "PATTERNS", broken)
    assert blind_kinds() == [pattern.kind]
