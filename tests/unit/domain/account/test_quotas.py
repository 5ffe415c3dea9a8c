"""Which quotas can be set."""

from decimal import Decimal

import pytest
from pydantic import ValidationError

from promptyard.domain.account.quotas import Quotas, TenantQuotas

BOUNDS = {
    "tokens_per_month": (0, 10**15),
    "usd_per_month": (0, 10**9),
    "requests_per_minute": (0, 10**6),
    "runs_at_once": (1, 1000),
}


@pytest.mark.parametrize("name", BOUNDS)
def test_a_quota_is_within_its_bounds(name: str) -> None:
    least, most = BOUNDS[name]
    for value in (least, most, None):
        assert getattr(TenantQuotas.model_validate({name: value}), name) == value
    for value in (least - 1, most + 1, "many"):
        with pytest.raises(ValidationError):
            TenantQuotas.model_validate({name: value})


@pytest.mark.parametrize("name", BOUNDS)
def test_a_truth_is_no_number(name: str) -> None:
    for value in (True, False):
        with pytest.raises(ValidationError, match="not true or false"):
            TenantQuotas.model_validate({name: value})


def test_money_is_told_by_the_millionth() -> None:
    assert Quotas(usd_per_month=Decimal("0.000001")).usd_per_month == Decimal("0.000001")
    with pytest.raises(ValidationError):
        Quotas(usd_per_month=Decimal("0.0000001"))
