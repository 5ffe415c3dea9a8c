"""The page offers metrics by their names: those that there are."""

import re
from pathlib import Path

from functions.web.router import files
from promptyard.domain.runs.metrics.registry import METRICS, PLAYGROUND_METRICS

_NAME = re.compile(r"(\w+): \"")


def test_playgrounds_are_offered_all_that_they_can_have() -> None:
    assert _named("playgrounds/configuration.js") == set(PLAYGROUND_METRICS)


def test_benchmarks_are_offered_none_that_is_not_there() -> None:
    offered = _named("benchmarks/definition.js")
    assert offered
    assert offered <= set(METRICS)


def _named(file: str) -> set[str]:
    found = files.file(file)
    assert found is not None, Path(file)
    _, _, rest = found.content.decode().partition("export const METRICS = {")
    return set(_NAME.findall(rest.partition("};")[0]))
