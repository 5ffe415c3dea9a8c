"""The same config, run by promptfoo and by us on what gives the prompt back: the same passes and fails."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from promptyard.bootstrap.whole import whole
from promptyard.domain.account.access import LOCAL_CALLER
from promptyard.domain.benchmarks.benchmark import GOING_ON, BenchmarkStatus, CellResult
from promptyard.domain.benchmarks.datasets import Row
from promptyard.domain.benchmarks.imports.imported import ImportedBenchmark
from promptyard.domain.prompts.templates import compile_text
from promptyard.domain.runs.metrics.spec import MetricSpec
from promptyard.services.benchmarks.importing import import_promptfoo
from promptyard.services.benchmarks.spec_scorer import CellScores, SpecScorer
from promptyard.services.playgrounds.judge import Judge
from promptyard.services.playgrounds.scoring import Scorer
from promptyard.services.runs.targets import TargetResolver
from promptyard.settings import Settings
from promptyard_local.aws import LocalAws
from promptyard_local.pump import pump_of
from tests.support.samples.benchmarks.promptfoo_cases import config
from tests.support.samples.sample_runs import new_run, settled
from tests.support.servers.promptfoo_runner import run_promptfoo

TESTS = 1_500
PATIENCE = 600
FILES = {
    "two.txt": b"First {{a}}\n---\nSecond {{b}} of {{user.name}}\n",
    "cases.csv": b"a,b,__expected,__expected2,__threshold,__prefix,__config:__expected2:threshold\r\n"
    b'1,"x, ""y""",contains:1,levenshtein(3):First 1,0.5,Now: ,9\r\n2,,equals:First 2,not-regex:^\\d,,,3\r\n'
    b'3,z,"two\nlines","contains-any:""Fi, rst"", 3",,,2\r\n',
    "cases.jsonl": b'{"vars": {"a": "j"}, "assert": [{"type": "equals", "value": "First j"}]}\n',
    "cases.yaml": b"- vars: {a: yes, b: 1.0}\n  assert:\n    - {type: icontains, value: YES}\n",
    "text.txt": b" from a file \n",
}
FEATURES: dict[str, Any] = {
    "prompts": ["{{ a }}-{{b}}-{{ missing }}", "file://two.txt"],
    "providers": ["echo"],
    "defaultTest": {
        "vars": {"b": "B", "user": {"name": "Ada"}},
        "assert": [{"type": "not-contains", "value": "First B"}],
    },
    "tests": [
        {"vars": {"a": ["p", "q"], "b": ["r", "s"]}, "assert": [{"type": "contains", "value": "{{a}}"}]},
        {"vars": {"a": ["p", "q"]}, "options": {"disableVarExpansion": True}, "threshold": 0.4},
        {"vars": {"a": [[1, None], "x"], "b": [1, 2]}, "assert": [{"type": "contains", "value": "1,"}]},
        {
            "vars": {"a": "{{b}} and {{user.name}}\n", "b": True},
            "assert": [{"type": "contains", "value": "true and Ada"}],
        },
        {"vars": {"a": None, "b": 3.0}, "options": {"prefix": "<", "suffix": ">"}, "threshold": 0.75},
        {"vars": {"a": "file://text.txt"}, "assert": [{"type": "starts-with", "value": "First from"}]},
        "file://cases.csv",
        "file://cases.jsonl",
        "file://cases.yaml",
    ],
    "scenarios": [
        {
            "config": [{"vars": {"a": "s1"}}, {"vars": {"a": "s2"}, "assert": [{"type": "contains", "value": "s2"}]}],
            "tests": [{"vars": {"b": "t"}, "assert": [{"type": "contains", "value": "t"}]}, {"vars": {"b": "u"}}],
        }
    ],
}


async def scored(imported: ImportedBenchmark) -> list[tuple[str, CellScores]]:
    """Of each row and prompt the answer, when it is echoed, and its scores."""
    scorer = SpecScorer(Scorer(cast(Judge, None), None), cast(TargetResolver, None))
    deadline = datetime.now(UTC) + timedelta(hours=1)
    cells = []
    for number, content in enumerate(imported.rows, 1):
        row = Row.of("v", number, content)
        for prompt in imported.prompts:
            answer = compile_text(prompt.template.text or "", row.variables).text or ""
            run = settled(new_run(), output=answer, latency_ms=1, cost_usd=0)
            cells.append((answer, await scorer.score(LOCAL_CALLER, run, imported.metrics, row, deadline)))
    return cells


def passes_of(result: dict[str, Any]) -> list[tuple[str, bool]]:
    return [(one["assertion"]["type"], one["pass"]) for one in result["gradingResult"]["componentResults"]]


async def carried_out(aws: LocalAws, made: dict[str, Any]) -> tuple[list[CellResult], list[list[MetricSpec]]]:
    """What becomes of each cell of the config, imported and run on `demo/echo` as whoever brings it runs it; and the
    metrics of its rows."""
    parts = whole(Settings(auth="open"), aws.names, aws.clients)
    kept, pumping = parts.benchmarks, asyncio.create_task(pump_of(parts).run())
    try:
        data = json.dumps(made).encode()
        taken = await kept.imports.promptfoo(LOCAL_CALLER, data, name=None, judge=None, skip_unsupported=False)
        assert taken.benchmark is not None
        run = await kept.runs.start(LOCAL_CALLER, taken.benchmark.id)
        async with asyncio.timeout(PATIENCE):
            while (run := await kept.runs.get(LOCAL_CALLER.tenant, run.id)).status in GOING_ON:
                await asyncio.sleep(0.1)
        assert run.status is BenchmarkStatus.COMPLETED
        rows = [row async for page in kept.dataset_store.row_pages(LOCAL_CALLER.tenant, taken.version) for row in page]
        specs = [list({spec.label: spec for spec in (*taken.benchmark.metrics, *row.metrics)}.values()) for row in rows]
        return [one async for page in kept.cells.pages(LOCAL_CALLER.tenant, run.id) for one in page], specs
    finally:
        pumping.cancel()
        await asyncio.gather(pumping, return_exceptions=True)
        await parts.close()


@pytest.mark.hard
async def test_every_assertion_and_every_cell_passes_as_it_does_there(tmp_path: Path, local_aws: LocalAws) -> None:
    made = config(seed=14, tests=TESTS)
    theirs = run_promptfoo(made, tmp_path)
    ours, specs = await carried_out(local_aws, made)
    assert len(theirs) == len(ours) == TESTS
    differing = []
    compared = 0
    for test, result, cell, metrics in zip(made["tests"], theirs, ours, specs, strict=True):
        assert cell.output == result["response"]["output"]
        asserted = [spec for spec in metrics if spec.metric != "all_pass"]
        for (kind, passed), spec in zip(passes_of(result), asserted, strict=True):
            compared += 1
            if spec.weight > 0 and (cell.scores[spec.label] == 1) is not passed:
                differing.append((test["vars"]["answer"], kind, passed, spec, cell.scores[spec.label]))
        if (cell.scores["all_pass"] == 1) is not result["success"]:
            differing.append((test["vars"]["answer"], "cell", result["success"], cell))
    assert differing == []
    assert compared > 10 * TESTS


@pytest.mark.hard
async def test_rows_prompts_and_cells_are_those_of_promptfoo(tmp_path: Path) -> None:
    theirs = run_promptfoo(FEATURES, tmp_path, FILES)
    ours = await scored(import_promptfoo(json.dumps(FEATURES).encode(), file="config.json", files=FILES))
    assert [answer for answer, _ in ours] == [result["response"]["output"] for result in theirs]
    assert [cell.scores["all_pass"] == 1 for _, cell in ours] == [result["success"] for result in theirs]
    assert len(ours) > 40
