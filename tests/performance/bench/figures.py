"""The figures, what each has to hold, and whether it does."""

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tests.performance.bench.subjects import DIRECT, PROMPTYARD, RELAY


@dataclass(frozen=True, slots=True)
class Target:
    """A bound on the median (`value`), on the worst of all rounds (`worst`), or on the median as a multiple of the
    relay's in the same run (`ratio`)."""

    of: Literal["value", "worst", "ratio"]
    bound: float
    least: bool = False
    """The bound is the least that is wanted, not the most."""

    def holds(self, figure: float) -> bool:
        return figure >= self.bound if self.least else figure <= self.bound

    def __str__(self) -> str:
        return f"{'≥' if self.least else '≤'} {self.bound:g}{' ×' if self.of == 'ratio' else ''}"


@dataclass(frozen=True, slots=True)
class Figure:
    key: str
    name: str
    unit: str
    digits: int = 0
    target: Target | None = None
    added: bool = False
    """What is shown is what is added to the direct call's figure of the same round."""


def _ratio(bound: float, *, least: bool = False) -> Target:
    return Target("ratio", bound, least)


FIGURES = (
    Figure("first_p50", "one caller: added time to first token, p50", "ms", 2, _ratio(3.0), added=True),
    Figure("first_p95", "… p95", "ms", 2, added=True),
    Figure("tokens", "one stream at full speed", "tokens/s", 0, _ratio(2.0, least=True)),
    Figure("cpu", "… CPU per 1,000 tokens", "ms", 1, _ratio(0.5)),
    Figure("requests", "not streamed, 8 callers", "requests/s", 0, _ratio(0.5, least=True)),
    Figure("streams_100_failed", "100 streams of 50 tokens/s: failed", "streams", 0, Target("worst", 0)),
    Figure("streams_100_p50", "… added time to first token, p50", "ms", 2, _ratio(1.0), added=True),
    Figure("streams_100_p95", "… p95", "ms", 2, added=True),
    Figure("streams_100_stretch", "… stretch, p50", "×", 3, Target("value", 1.02)),
    Figure("streams_300_failed", "300 such streams: failed", "streams", 0, Target("worst", 0)),
    Figure("streams_300_p95", "… added time to first token, p95", "ms", 2, _ratio(0.3), added=True),
    Figure("streams_300_stretch", "… stretch, p50", "×", 3, _ratio(1.0)),
    Figure("calls", "calls of 50 ms, 32 at once: all of them", "s", 2, _ratio(1.5)),
    Figure("compare_3", "compare of 3, paced, ÷ its slowest target alone", "×", 3, Target("value", 1.01)),
    Figure(
        "compare_10", "compare of 10 at full speed, tokens/s ÷ one stream's", "×", 2, Target("value", 0.9, least=True)
    ),
    Figure("memory_idle", "memory, idle", "MB", 0, Target("value", 110)),
    Figure("memory_peak", "memory, peak", "MB"),
    Figure("opening_10000", "opening 10,000 kept runs", "s", 2, Target("value", 2)),
    Figure("opening_100000", "opening 100,000 kept runs", "s", 2, Target("value", 15)),
    Figure("memory_runs", "memory after many runs, beyond a new server on the same data", "MB", 1, Target("value", 10)),
    Figure("write_units", "a run of 5 s: write units", "", 0, Target("value", 8)),
    Figure("read_units", "… read units", "", 1, Target("value", 4)),
)


@dataclass(slots=True)
class Samples:
    """One value a round, by figure and subject; None where a round gave none."""

    values: dict[tuple[str, str], list[float | None]] = field(default_factory=lambda: defaultdict(list))

    def add(self, subject: str, figures: dict[str, float | None]) -> None:
        for key, value in figures.items():
            self.values[key, subject].append(value)

    def of(self, figure: Figure, subject: str) -> Sequence[float | None]:
        values = self.values.get((figure.key, subject), [])
        if not figure.added or subject == DIRECT:
            return values
        direct = self.values.get((figure.key, DIRECT), [])
        return [None if a is None or b is None else a - b for a, b in zip(values, direct, strict=False)]


@dataclass(frozen=True, slots=True)
class Summary:
    """Of the rounds of one figure. `lacking`: rounds without a value."""

    median: float
    low: float
    high: float
    lacking: int


def summary(values: Iterable[float | None]) -> Summary | None:
    """None where no round has a value."""
    given = list(values)
    known = [value for value in given if value is not None]
    if not known:
        return None
    return Summary(statistics.median(known), min(known), max(known), len(given) - len(known))


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that so large a share of all is not above; None of no values."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)] if values else None


@dataclass(frozen=True, slots=True)
class Verdict:
    figure: Figure
    direct: Summary | None
    relay: Summary | None
    promptyard: Summary | None
    ratio: float | None
    """Promptyard's median as a multiple of the relay's; None where one is not known, or the relay's not above 0."""
    met: bool | None
    """None where nothing has to hold or nothing was measured."""


def verdicts(samples: Samples) -> list[Verdict]:
    """Of all figures that were measured."""
    made = []
    for figure in FIGURES:
        if (figure.key, PROMPTYARD) not in samples.values:
            continue
        direct, relay, ours = (summary(samples.of(figure, subject)) for subject in (DIRECT, RELAY, PROMPTYARD))
        ratio = ours.median / relay.median if ours and relay and relay.median > 0 else None
        made.append(Verdict(figure, direct, relay, ours, ratio, _met(figure.target, ours, relay, ratio)))
    return made


def _met(target: Target | None, ours: Summary | None, relay: Summary | None, ratio: float | None) -> bool | None:
    """A round without a value does not hold: there, all failed."""
    if target is None:
        return None
    if ours is None or ours.lacking:
        return False
    match target.of:
        case "value":
            return target.holds(ours.median)
        case "worst":
            return target.holds(ours.low if target.least else ours.high)
        case "ratio":
            return None if ratio is None else target.holds(ratio)
