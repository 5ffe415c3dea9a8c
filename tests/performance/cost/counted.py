"""What runs use, counted; kept in counted.json, from which the page is made."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

FILE = Path(__file__).with_name("counted.json")


@dataclass(frozen=True, slots=True)
class CountedRun:
    """Of one streamed run, with keys and quotas, by a caller who was there before. `log_bytes`: the function's own."""

    seconds: float
    prompt_bytes: int
    write_units: float
    read_units: float
    puts: int
    gets: int
    kept_item_bytes: int
    kept_object_bytes: int
    answer_bytes: int


@dataclass(frozen=True, slots=True)
class Cpu:
    """Milliseconds of one core of the machine that measured, and the most memory, of the function `run` with boto3."""

    until_provider_ms: float
    short_run_ms: float
    run_of_5_s_ms: float
    memory_mb: float
    log_bytes: int
    machine: str


@dataclass(frozen=True, slots=True)
class Idle:
    """Of the synthesised template, and of one look of the sweeper."""

    alarms: int
    alarm_metrics: int
    """That the alarms look at, each of which is paid for."""
    dashboards: int
    calls: dict[str, float]
    """Of scheduled functions, a month."""
    sweep_read_units: float


@dataclass(frozen=True, slots=True)
class Counted:
    runs: list[CountedRun]
    cpu: Cpu
    idle: Idle

    @classmethod
    def read(cls) -> Self:
        return cls.of(json.loads(FILE.read_text()))

    @classmethod
    def of(cls, fields: Any) -> Self:
        return cls([CountedRun(**run) for run in fields["runs"]], Cpu(**fields["cpu"]), Idle(**fields["idle"]))

    def write(self) -> None:
        FILE.write_text(json.dumps(asdict(self), indent=1) + "\n")
