"""The line of metrics that each run writes, in CloudWatch's Embedded Metric Format."""

import json
import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.aws.metric_lines import DIMENSIONS, MetricLines, metric_line
from promptyard.domain.models.usage import Usage
from promptyard.domain.runs.causes import Cause
from promptyard.domain.runs.run import Run, RunStatus
from tests.performance.cost.bill import METRIC_LINE_BYTES, METRICS_OF_A_PROVIDER
from tests.support.samples.sample_runs import new_run, settled

NAMESPACE = "Promptyard/test"
COUNTS = st.none() | st.integers(0, 10**12)
TIMES = st.none() | st.integers(0, 10**7)
RUN = settled(
    new_run(provider="openai", model="gpt-4o"),
    ttft_ms=310,
    latency_ms=1250,
    usage=Usage(input_tokens=45, output_tokens=42),
    cost_usd=Decimal("0.00261"),
)


def line(run: Run, cause: Cause | None = None) -> dict[str, Any]:
    lines: list[str] = []
    MetricLines(NAMESPACE, {"openai", "demo"}, lines.append).ended(run, cause)
    [text] = lines
    assert "\n" not in text
    assert text.isascii()
    found: dict[str, Any] = json.loads(text)
    return found


def metrics(found: dict[str, Any]) -> dict[tuple[tuple[str, ...], str], float]:
    """The values that CloudWatch takes from a line, by dimensions and name."""
    return {
        (tuple(dimensions), metric["Name"]): found[metric["Name"]]
        for directive in found["_aws"]["CloudWatchMetrics"]
        for dimensions in directive["Dimensions"]
        for metric in directive["Metrics"]
    }


def test_a_run_that_is_known_whole() -> None:
    found = line(RUN)
    assert metrics(found) == {
        (DIMENSIONS, "Runs"): 1,
        (DIMENSIONS, "TimeToFirstToken"): 310,
        (DIMENSIONS, "Latency"): 1250,
        (DIMENSIONS, "TokensIn"): 45,
        (DIMENSIONS, "TokensOut"): 42,
        (DIMENSIONS, "Dollars"): 0.00261,
        ((), "Runs"): 1,
    }
    assert (found["provider"], found["status"], found["run_id"]) == ("openai", "succeeded", RUN.id)
    assert abs(found["_aws"]["Timestamp"] / 1000 - time.time()) < 60


@pytest.mark.parametrize(
    ("cause", "name", "is_watched"),
    [
        (Cause.OURS, "OurFailures", True),
        (Cause.PROVIDER, "ProviderFailures", True),
        (Cause.CALLER, "CallerFailures", False),
    ],
)
def test_a_failure_counts_for_whose_it_is(cause: Cause, name: str, is_watched: bool) -> None:
    found = metrics(line(new_run(provider="openai", status=RunStatus.FAILED), cause))
    assert found[DIMENSIONS, name] == 1
    assert {key for _, key in found if key.endswith("Failures")} == {name}
    assert (((), name) in found) == is_watched


@pytest.mark.parametrize("named", ["", "nobody", "openai2", "sk-canary"])
def test_what_failed_before_a_provider_was_found_has_none(named: str) -> None:
    """Else whoever makes names up would make metrics, and each is paid for."""
    assert line(new_run(provider=named, model=""), Cause.CALLER)["provider"] == "none"


@given(
    st.builds(
        lambda status, usage, ttft, latency, cost: settled(
            new_run(), status=status, usage=usage, ttft_ms=ttft, latency_ms=latency, cost_usd=cost
        ),
        st.sampled_from(RunStatus),
        st.none() | st.builds(Usage, input_tokens=COUNTS, output_tokens=COUNTS),
        TIMES,
        TIMES,
        st.none() | st.decimals(0, 10**6, allow_nan=False),
    ),
    st.none() | st.sampled_from(Cause),
)
def test_any_run_is_a_document_of_the_format(run: Run, cause: Cause | None) -> None:
    """By AWS's specification: each metric named has its number at the root, each dimension its text, and what is not
    known is not there."""
    found = line(run, cause)
    aws = found["_aws"]
    assert isinstance(aws["Timestamp"], int)
    for directive in aws["CloudWatchMetrics"]:
        assert set(directive) == {"Namespace", "Dimensions", "Metrics"}
        assert directive["Namespace"] == NAMESPACE
        assert 0 < len(directive["Metrics"]) <= 100
        for dimensions in directive["Dimensions"]:
            assert all(isinstance(found[name], str) and found[name] for name in dimensions)
        for metric in directive["Metrics"]:
            assert isinstance(found[metric["Name"]], int | float)
            assert metric["Unit"] in {"Count", "Milliseconds", "None"}
    known = {"TimeToFirstToken": run.ttft_ms, "Latency": run.latency_ms, "Dollars": run.cost_usd}
    known["TokensIn"] = run.usage.input_tokens if run.usage else None
    for name, value in known.items():
        assert (name in found) == (value is not None)


def test_the_dimensions_hold_nothing_that_callers_name() -> None:
    found = line(new_run(provider="openai", model="sk-canary", tenant="acme", label="sk-canary", caller="me"))
    assert "canary" not in json.dumps(found)
    assert {name for dimensions, _ in metrics(found) for name in dimensions} == {"provider", "status"}


def test_it_is_printed_at_once_as_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    MetricLines(NAMESPACE, {"openai"}).ended(RUN, None)
    printed = capsys.readouterr().out
    assert printed.endswith("}\n")
    assert json.loads(printed)["run_id"] == RUN.id


def test_what_they_cost_is_what_is_written() -> None:
    succeeded, failed = line(RUN), line(new_run(provider="openai", status=RunStatus.FAILED, ttft_ms=1), Cause.PROVIDER)
    failed |= line(new_run(provider="openai", status=RunStatus.FAILED, latency_ms=1), Cause.PROVIDER)
    whole = {key for key in metrics(succeeded) | metrics(failed) if key[0] == ()} | {((), "OurFailures")}
    assert 6 + 4 + len(whole) == METRICS_OF_A_PROVIDER
    assert len([key for key in metrics(succeeded) if key[0]]) == 6
    assert abs(METRIC_LINE_BYTES - len(metric_line(NAMESPACE, "openai", RUN, None))) < 0.1 * METRIC_LINE_BYTES
