"""What a benchmark run will probably cost: its answers, and their judges."""

from datetime import UTC, datetime
from decimal import Decimal

from promptyard.domain.benchmarks.estimate import SampledCall, estimate_usd
from promptyard.domain.models.catalogue import ModelInfo, PriceTier
from promptyard.domain.models.messages import Message
from promptyard.domain.models.targets import Parameters

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def priced(model: str, usd: int | None) -> ModelInfo:
    """For each million of output tokens; what it reads costs nothing."""
    prices = () if usd is None else (PriceTier(input=Decimal(0), output=Decimal(usd)),)
    return ModelInfo(provider="acme", model=model, name=model, prices=prices)


def call(usd: int, *judges: int | None) -> SampledCall:
    message = Message(role="user", content="hello")
    asked = [priced(f"judge {place}", cost) for place, cost in enumerate(judges)]
    return SampledCall(priced("a", usd), [message], Parameters(max_tokens=100), asked)


def test_each_answer_is_as_those_of_the_sample() -> None:
    assert estimate_usd([call(1), call(3)], 1_000, NOW) == Decimal("0.2")
    assert estimate_usd([], 1_000, NOW) is None


def test_judges_cost_too_and_what_is_judged_twice_costs_twice() -> None:
    assert estimate_usd([call(1, 2)], 1_000, NOW) == Decimal("0.3")
    assert estimate_usd([call(1, 2)], 1_000, NOW, judged_twice=100) == Decimal("0.32")


def test_what_is_not_known_of_a_judge_is_not_known_of_all() -> None:
    assert estimate_usd([call(1, 2, None)], 1_000, NOW) is None
