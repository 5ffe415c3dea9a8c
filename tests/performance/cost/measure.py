"""Counts what the page needs: the store's requests of runs of each length and size, a run's CPU, the template."""

import asyncio
import json
import os
import platform
import random
import statistics
import subprocess
import tempfile
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from tests.performance import first_run
from tests.performance.bench import processes
from tests.performance.bench.pace import Order, Pace
from tests.performance.bench.store_use import RunUse, Uses, run_use
from tests.performance.cost.bill import MONTH_HOURS
from tests.performance.cost.counted import Counted, CountedRun, Cpu, Idle

REPOSITORY = Path(__file__).parents[3]
SECONDS = (5, 20, 60)
PROMPT_BYTES = (200, 36_000)
TOKENS_A_SECOND = 50
PACED_RUNS = 3
_UNITS = {"minute": 60, "hour": 1, "day": 1 / 24}


def measure() -> Counted:
    """In a few minutes, for runs take their time."""
    with tempfile.TemporaryDirectory() as name, processes.provider(Path(name)) as provider:
        cases = [(seconds, size) for size in PROMPT_BYTES for seconds in SECONDS]
        with ProcessPoolExecutor(len(cases)) as pool:
            uses = list(pool.map(_use, [provider.address] * len(cases), cases))
    runs = [_counted(case, use) for case, use in zip(cases, uses, strict=True)]
    return Counted(runs, _cpu(), _idle(uses[0]))


def _use(provider_url: str, case: tuple[int, int]) -> RunUse:
    seconds, size = case
    pace = Pace(int(seconds * TOKENS_A_SECOND) - 4, interval_ms=1000 / TOKENS_A_SECOND, first_ms=100)
    short = len(Order(pace).prompt)
    return run_use(provider_url, Order(pace, padding=_text(size - short)))


def _text(size: int) -> str:
    """Words, of which no two texts are alike."""
    made = random.Random(size)
    words = ["".join(made.choices("etaoinshrdlu", k=made.randint(2, 9))) for _ in range(1000)]
    return " ".join(made.choices(words, k=max(0, size) // 3 + 1))[: max(0, size)]


def _counted(case: tuple[int, int], use: RunUse) -> CountedRun:
    items = {name: size for name, size in use.kept.items() if name.startswith("item ")}
    return CountedRun(
        seconds=case[0],
        prompt_bytes=case[1],
        write_units=sum(of.write_units for of in use.uses.values()),
        read_units=_read_units(use.uses),
        puts=_requests(use.uses, "put_object"),
        gets=_requests(use.uses, "get_object"),
        kept_item_bytes=sum(items.values()),
        kept_object_bytes=sum(use.kept.values()) - sum(items.values()),
        answer_bytes=use.answer_bytes,
    )


def _read_units(uses: Uses) -> float:
    return sum(of.read_units for of in uses.values())


def _requests(uses: Uses, operation: str) -> int:
    return sum(of.requests for (name, _), of in uses.items() if name == operation)


def _cpu() -> Cpu:
    with tempfile.TemporaryDirectory() as name, first_run.bench(Path(name)) as of:
        short = asyncio.run(first_run.run_cpu(of))
        tokens = 5 * TOKENS_A_SECOND
        paced = asyncio.run(first_run.run_cpu(of, runs=PACED_RUNS, tokens=tokens, interval_ms=1000 / TOKENS_A_SECOND))
    return Cpu(
        until_provider_ms=round(statistics.median(short.until_provider_ms), 1),
        short_run_ms=round(statistics.median(short.whole_ms), 1),
        run_of_5_s_ms=round(statistics.median(paced.whole_ms), 1),
        memory_mb=round(max(short.memory_mb, paced.memory_mb)),
        log_bytes=short.log_bytes,
        machine=f"Python {platform.python_version()} on {platform.machine()}",
    )


def _idle(use: RunUse) -> Idle:
    resources = _template()["Resources"].values()
    kinds = [resource["Type"] for resource in resources]
    alarms = [resource["Properties"] for resource in resources if resource["Type"] == "AWS::CloudWatch::Alarm"]
    rules = [resource["Properties"] for resource in resources if resource["Type"] == "AWS::Events::Rule"]
    scheduled = [rule for rule in rules if "ScheduleExpression" in rule]
    return Idle(
        alarms=len(alarms),
        alarm_metrics=len(
            [metric for alarm in alarms for metric in alarm.get("Metrics", [{}]) if "Expression" not in metric]
        ),
        dashboards=kinds.count("AWS::CloudWatch::Dashboard"),
        calls={_called(rule): _calls_a_month(rule["ScheduleExpression"]) for rule in scheduled},
        sweep_read_units=_read_units(use.sweep),
    )


def _template() -> Any:
    interpreter = REPOSITORY / ".venv-infra" / "bin" / "python"
    environment = {**os.environ, "JSII_NODE": str(interpreter.with_name("node"))}
    subprocess.run([interpreter, "infra/app.py"], cwd=REPOSITORY, env=environment, check=True)
    return json.loads((REPOSITORY / "cdk.out" / "Promptyard.template.json").read_text())


def _called(rule: Mapping[str, Any]) -> str:
    """The group, which is the beginning of its alias's name."""
    alias: str = rule["Targets"][0]["Arn"]["Ref"]
    return next(group for group in ("sweeper", "retention") if group in alias.lower())


def _calls_a_month(expression: str) -> float:
    """Of `rate(1 minute)`."""
    number, unit = expression.removeprefix("rate(").removesuffix(")").split()
    return MONTH_HOURS * _UNITS[unit.removesuffix("s")] / int(number)
