"""Every kind of things that an archive holds, with every field that it may have: a line of JSON, money and times as
answers have them."""

import json
from inspect import signature
from typing import Any
from unittest.mock import MagicMock

import pytest

from functions.account.archive import line_of
from promptyard.domain.account.api_keys import ApiKey
from promptyard.domain.account.audit import AuditEntry
from promptyard.domain.account.collectors import Collector
from promptyard.domain.account.provider_keys import ProviderKey
from promptyard.domain.account.tenants import Tenant
from promptyard.domain.benchmarks.benchmark import Benchmark, BenchmarkRun, CellResult
from promptyard.domain.benchmarks.datasets import Dataset, DatasetVersion, Row, RowContent
from promptyard.domain.benchmarks.evidence.report import BenchmarkReport
from promptyard.domain.identifiers import random_id
from promptyard.domain.metering.ledger import LedgerEntry, MonthUsage
from promptyard.domain.playgrounds.blueprints import LlmBlueprint
from promptyard.domain.playgrounds.metric_configurations import MetricConfiguration
from promptyard.domain.playgrounds.playground import Playground
from promptyard.domain.prompts.prompt import Prompt, PromptVersion
from promptyard.domain.runs.run import Run
from promptyard.domain.runs.run_metrics import ModerationReport
from promptyard.domain.runs.saved_runs import SavedRun
from promptyard.services.tenant_data.export import TenantExport
from tests.support.samples.generated.filled_models import filled

THINGS: dict[str, Any] = {
    "tenant": filled(Tenant),
    "runs": filled(Run),
    "saved_runs": filled(SavedRun),
    "prompts": filled(Prompt),
    "prompt_versions": filled(PromptVersion, prompt_id=random_id()),
    "playgrounds": filled(Playground),
    "llm_blueprints": filled(LlmBlueprint),
    "metric_configurations": filled(MetricConfiguration),
    "moderation_reports": (random_id(), filled(ModerationReport)),
    "datasets": filled(Dataset),
    "dataset_versions": filled(DatasetVersion),
    "dataset_rows": Row.of(random_id(), 1, filled(RowContent)),
    "benchmarks": filled(Benchmark),
    "benchmark_runs": filled(BenchmarkRun),
    "benchmark_cells": (random_id(), filled(CellResult)),
    "benchmark_reports": filled(BenchmarkReport),
    "keys": filled(ApiKey),
    "provider_keys": ("openai", filled(ProviderKey)),
    "collectors": filled(Collector),
    "months": MonthUsage("acme", "2026-11"),
    "ledger": filled(LedgerEntry),
    "audit": filled(AuditEntry),
}


def test_the_table_is_complete() -> None:
    export = TenantExport(**{name: MagicMock() for name in signature(TenantExport).parameters})
    assert list(THINGS) == list(export.kinds())


@pytest.mark.parametrize("kind", THINGS)
def test_a_thing_with_everything_is_a_line_of_json(kind: str) -> None:
    line = line_of(kind, THINGS[kind])
    thing = json.loads(line, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert "\n" not in line
    thing.pop("record", None)  # of a run, for an import: exact
    shown = json.dumps(thing)
    assert '"12.345678"' not in shown, "money is a number"
    assert "2026-11-29T12:30:15.123456" not in shown, "times are to the millisecond"
