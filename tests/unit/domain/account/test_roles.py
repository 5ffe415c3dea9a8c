"""What each role may, stated: whoever asks `Role.allows` what to expect expects what it says."""

import pytest

from promptyard.domain.account.access import Role

ALLOWED = {
    "viewer": {"viewer"},
    "member": {"viewer", "member"},
    "admin": {"viewer", "member", "admin"},
    "operator": {"operator"},
}


@pytest.mark.parametrize("role", Role)
def test_a_role_allows_what_is_below_it_and_operators_stand_apart(role: Role) -> None:
    assert {required.value for required in Role if role.allows(required)} == ALLOWED[role.value]
