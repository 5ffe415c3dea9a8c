"""The query by which docs/operations.md finds the objects that can be brought back."""

import re
from pathlib import Path
from typing import Any

import jmespath
import pytest

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"

LISTED = {"Key": "acme/runs/1", "VersionId": "v1", "IsLatest": True}
REPLACED = {"Key": "acme/runs/2", "VersionId": "v2", "IsLatest": False}


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ({}, []),  # nothing was deleted: a null would be the text None, which the loop takes for a key
        ({"DeleteMarkers": [REPLACED]}, []),
        ({"DeleteMarkers": [LISTED, REPLACED]}, [["acme/runs/1", "v1"]]),
    ],
)
def test_it_finds_what_is_hidden_and_nothing_else(answer: dict[str, Any], found: list[list[str]]) -> None:
    [query] = re.findall(r"--query '([^']+)' --output text", PAGE.read_text())
    assert jmespath.search(query, answer) == found
