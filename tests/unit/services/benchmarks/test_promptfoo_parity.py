"""The same config, run by promptfoo and by us on what gives the prompt back: the same passes and fails."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from promptyard.domain.account.access import LOCAL_CALLER
from promptyard.domain.benchmarks.imports.imported import ImportedBenchmark
from promptyard.domain.prompts.templates import compile_text
from promptyard.services.benchmarks.importing import import_promptfoo
from promptyard.services.benchmarks.spec_scorer import CellScores, SpecScorer
from promptyard.services.playgrounds.judge import Judge
from promptyard.services.playgrounds.scoring import Scorer
from tests.support.samples.benchmarks.promptfoo_cases import config
from tests.support.samples.sample_runs import new_run, settled
from tests.support.servers.promptfoo_runner import run_promptfoo

TESTS = 1_500


async def scored(imported: ImportedBenchmark) -> list[CellScores]:
    """Of each row, when it is echoed."""
    scorer = SpecScorer(Scorer(cast(Judge, None), None))
    template = imported.prompts[0].template.text or ""
    deadline = datetime.now(UTC) + timedelta(hours=1)
    cells = []
    for row in imported.rows:
        answer = compile_text(template, row.variables).text
        run = settled(new_run(), output=answer, latency_ms=1, cost_usd=0)
        cells.append(await scorer.score(LOCAL_CALLER, run, imported.metrics, row, deadline))
    return cells


def passes_of(result: dict[str, Any]) -> list[tuple[str, bool]]:
    return [(one["assertion"]["type"], one["pass"]) for one in result["gradingResult"]["componentResults"]]


@pytest.mark.hard
async def test_every_assertion_and_every_cell_passes_as_it_does_there(tmp_path: Path) -> None:
    made = config(seed=14, tests=TESTS)
    theirs = run_promptfoo(made, tmp_path)
    imported = import_promptfoo(json.dumps(made).encode(), file="config.json")
    ours = await scored(imported)
    assert len(theirs) == len(ours) == TESTS
    differing = []
    compared = 0
    for test, result, cell in zip(made["tests"], theirs, ours, strict=True):
        if "gradingResult" not in result or result["gradingResult"] is None:
            differing.append((test, result.get("error"), "no result"))
            continue
        weights = [1, 1, *(one.get("weight", 1) for one in test["assert"])]
        scores = [score for label, score in cell.by_label.items() if label != "all_pass"]
        for (kind, passed), weight, score in zip(passes_of(result), weights, scores, strict=True):
            compared += 1
            if weight > 0 and score.passed is not passed:
                differing.append(
                    (
                        test["vars"]["answer"],
                        kind,
                        [one for one in test["assert"] if one["type"] == kind],
                        passed,
                        score,
                    )
                )
        if (cell.scores["all_pass"] == 1) is not result["success"]:
            differing.append((test, "cell", result["success"], cell.scores["all_pass"]))
    assert differing == []
    assert compared > 10 * TESTS
