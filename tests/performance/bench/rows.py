"""What is done with each subject in each round."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.performance.bench.answers import Outcome
from tests.performance.bench.figures import percentile
from tests.performance.bench.load import at_once, for_seconds, one_after_another, spread
from tests.performance.bench.pace import Order, Pace
from tests.performance.bench.subjects import COMPARED, MODEL, PROMPTYARD, SUBJECTS, Subject

CALLERS = 8
STREAMED = 3
AT_ONCE = 32
STREAMS = (100, 300)


@dataclass(frozen=True, slots=True)
class Sizes:
    calls: int
    tokens: int
    seconds: float
    paced: Pace
    spread_seconds: float
    patience: float
    """What has not ended after so many seconds has failed."""
    short_calls: int
    compared: Pace
    compared_tokens: int


FULL = Sizes(
    calls=100,
    tokens=20_000,
    seconds=3.0,
    paced=Pace(200, interval_ms=20, first_ms=200),
    spread_seconds=2.0,
    patience=40.0,
    short_calls=600,
    compared=Pace(150, interval_ms=20, first_ms=200),
    compared_tokens=2_000,
)
QUICK = Sizes(
    calls=30,
    tokens=5_000,
    seconds=1.5,
    paced=Pace(75, interval_ms=20, first_ms=200),
    spread_seconds=1.5,
    patience=12.0,
    short_calls=200,
    compared=Pace(50, interval_ms=20, first_ms=200),
    compared_tokens=500,
)

Values = dict[str, float | None]


@dataclass(slots=True)
class Measured:
    values: Values
    outcomes: list[Outcome] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    measure: Callable[[Subject, Sizes], Measured]
    subjects: Sequence[str] = SUBJECTS


def first_token(subject: Subject, sizes: Sizes) -> Measured:
    request = subject.request(Pace(5), stream=True)
    outcomes = one_after_another(subject.server.address, request, sizes.calls, limit=sizes.patience)
    times = _first_ms(outcomes)
    return Measured({"first_p50": percentile(times, 0.5), "first_p95": percentile(times, 0.95)}, outcomes)


def full_speed(subject: Subject, sizes: Sizes) -> Measured:
    """Three streams, one after another; CPU until all that follows from them is done, too."""
    request = subject.request(Pace(sizes.tokens), stream=True)
    before = subject.server.cpu_seconds()
    outcomes = one_after_another(subject.server.address, request, STREAMED, limit=sizes.patience)
    subject.server.wait_until_quiet(sizes.patience)
    after = subject.server.cpu_seconds()
    rates = [sizes.tokens / outcome.last for outcome in outcomes if outcome.last is not None]
    cpu = None
    if before is not None and after is not None and len(rates) == STREAMED:
        cpu = (after - before) * 1000 / ((STREAMED + 1) * sizes.tokens / 1000)  # with the call that is left out
    return Measured({"tokens": percentile(rates, 0.5), "cpu": cpu}, outcomes)


def requests(subject: Subject, sizes: Sizes) -> Measured:
    request = subject.request(Pace(50), stream=False)
    outcomes, took = for_seconds(subject.server.address, request, CALLERS, sizes.seconds)
    answered = len(_answered(outcomes))
    return Measured({"requests": answered / took if answered else None}, outcomes)


def streams(number: int) -> Callable[[Subject, Sizes], Measured]:
    def measure(subject: Subject, sizes: Sizes) -> Measured:
        request = subject.request(sizes.paced, stream=True)
        address = subject.server.address
        outcomes = spread(address, request, number, sizes.spread_seconds, limit=sizes.patience)
        times = _first_ms(outcomes)
        stretches = [outcome.last / sizes.paced.seconds for outcome in outcomes if outcome.last is not None]
        values: Values = {
            "failed": number - len(_answered(outcomes)),
            "p50": percentile(times, 0.5),
            "p95": percentile(times, 0.95),
            "stretch": percentile(stretches, 0.5),
        }
        return Measured({f"streams_{number}_{name}": value for name, value in values.items()}, outcomes)

    return measure


def short_calls(subject: Subject, sizes: Sizes) -> Measured:
    request = subject.request(Pace(50, first_ms=50), stream=False)
    outcomes, took = at_once(subject.server.address, request, sizes.short_calls, AT_ONCE, limit=1.5 * sizes.patience)
    whole = len(_answered(outcomes)) == len(outcomes)
    return Measured({"calls": took if whole else None}, outcomes)


def comparisons(subject: Subject, sizes: Sizes) -> Measured:
    """Each against what it is compared with, alone. What fails ends it."""
    slow, burst = sizes.compared, Pace(sizes.compared_tokens)
    faster = Pace(slow.tokens * 2 // 3, slow.interval_ms, slow.first_ms)
    three = subject.comparison(COMPARED, Order(faster, by_model=((MODEL, slow),)))
    ten = subject.comparison([MODEL] * 10, Order(burst))
    as_many = subject.request(Pace(10 * burst.tokens), stream=True)
    outcomes: list[Outcome] = []
    lasted: list[float | None] = []
    for request, number in ((three, 1), (subject.request(slow, stream=True), 1), (ten, 5), (as_many, 5)):
        made = one_after_another(subject.server.address, request, number, limit=sizes.patience)
        outcomes += made
        if len(_answered(made)) < number:
            return Measured({"compare_3": None, "compare_10": None}, outcomes)
        lasted.append(percentile([outcome.last for outcome in made if outcome.last is not None], 0.5))
    in_three, alone, in_ten, in_one = lasted
    return Measured({"compare_3": _quotient(in_three, alone), "compare_10": _quotient(in_one, in_ten)}, outcomes)


ROWS = (
    Row("first-token", first_token),
    Row("full-speed", full_speed),
    Row("requests", requests),
    *(Row(f"streams-{number}", streams(number)) for number in STREAMS),
    Row("calls", short_calls),
    Row("compare", comparisons, (PROMPTYARD,)),
)


def _answered(outcomes: Sequence[Outcome]) -> list[Outcome]:
    return [outcome for outcome in outcomes if outcome.failure is None]


def _first_ms(outcomes: Sequence[Outcome]) -> list[float]:
    return [outcome.first * 1000 for outcome in outcomes if outcome.first is not None]


def _quotient(above: float | None, below: float | None) -> float | None:
    return None if above is None or below is None else above / below
