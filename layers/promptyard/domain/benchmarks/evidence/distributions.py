"""Student's t, the normal and the binomial distribution, as far as intervals and tests need them."""

import math
from functools import lru_cache
from statistics import NormalDist

_TINY = 1e-300
_MAX_TERMS = 100_000
_NORMAL = NormalDist()


def normal_quantile(probability: float) -> float:
    """0 < probability < 1."""
    return _NORMAL.inv_cdf(probability)


@lru_cache(maxsize=4_096)
def t_quantile(probability: float, degrees: float) -> float:
    """Of Student's t with `degrees` > 0 of freedom; 0 < probability < 1."""
    if probability < 0.5:
        return -t_quantile(1 - probability, degrees)
    tail = 2 * (1 - probability)
    low, high = 0.0, 1.0
    while t_p_value(high, degrees) > tail:
        low, high = high, 2 * high
    value = high
    for _ in range(200):  # Newton's steps, or half of what is left where one leads out of it
        excess = t_p_value(value, degrees) - tail
        low, high = (value, high) if excess > 0 else (low, value)
        step = excess / (2 * _t_density(value, degrees))
        following = value + step if low < value + step < high else (low + high) / 2
        if abs(following - value) <= 1e-13 * value:
            break
        value = following
    return value


def _t_density(t: float, degrees: float) -> float:
    front = math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2) - math.log(degrees * math.pi) / 2
    return math.exp(front - (degrees + 1) / 2 * math.log1p(t * t / degrees))


def t_p_value(t: float, degrees: float) -> float:
    """Two-sided: the probability of a value as far from 0 as `t`, or farther."""
    return incomplete_beta(degrees / (degrees + t * t), degrees / 2, 0.5)


def binomial_at_least(successes: int, trials: int, probability: float) -> float:
    """The probability of that many successes or more."""
    if successes <= 0:
        return 1.0
    if successes > trials:
        return 0.0
    return incomplete_beta(probability, successes, trials - successes + 1)


def incomplete_beta(x: float, a: float, b: float) -> float:
    """Regularised, 0 ≤ x ≤ 1, a and b > 0: Lentz's continued fraction (Numerical Recipes, 3rd edition, 6.4)."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(1 - x, b, a)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x) - math.log(a)
    )
    return front * _continued_fraction(x, a, b)


def _continued_fraction(x: float, a: float, b: float) -> float:
    numerator, denominator = 1.0, 1 / _away_from_zero(1 - (a + b) * x / (a + 1))
    value = denominator
    for m in range(1, _MAX_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for coefficient in (even, odd):
            denominator = 1 / _away_from_zero(1 + coefficient * denominator)
            numerator = _away_from_zero(1 + coefficient / numerator)
            value *= denominator * numerator
        if abs(denominator * numerator - 1) < 1e-15:
            return value
    raise ArithmeticError(f"The incomplete beta function of {x}, {a}, {b} did not converge.")


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
