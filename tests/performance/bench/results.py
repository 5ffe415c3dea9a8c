"""All that one run of the benchmark found."""

import os
import platform
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.util import find_spec

from tests.performance.bench.answers import Outcome
from tests.performance.bench.figures import Samples
from tests.performance.bench.rows import Sizes
from tests.performance.bench.store_use import Uses


@dataclass(slots=True)
class Results:
    sizes: Sizes
    bare_relay: bool
    rounds: int = 0
    samples: Samples = field(default_factory=Samples)
    failures: Counter[str] = field(default_factory=Counter)
    store: Uses = field(default_factory=dict)
    many_runs: int = 0
    cold_starts: list[str] = field(default_factory=list)
    """A table, by line."""

    def note(self, where: str, outcomes: Iterable[Outcome]) -> None:
        """Count what failed, and why."""
        for outcome in outcomes:
            if outcome.failure is not None:
                self.failures[f"{where}: {outcome.failure.splitlines()[0][:120]}"] += 1

    def machine(self) -> str:
        """In general words."""
        loop = "uvloop" if find_spec("uvloop") else "asyncio"
        parser = "httptools" if find_spec("httptools") else "h11"
        relay = "h11, asyncio" if self.bare_relay else f"{parser}, {loop}"
        return (
            f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores ({platform.machine()}, {platform.system()}), "
            f"Python {platform.python_version()}, rounds: {self.rounds}. Promptyard's uvicorn finds {parser} and "
            f"{loop}, the relay's has {relay}"
        )
