"""How records name who did something, by what is known of the caller."""

import pytest

from promptyard.domain.account.access import LOCAL_CALLER, Actor, Caller, Role


@pytest.mark.parametrize(
    ("caller", "actor"),
    [
        (Caller("acme", Role.MEMBER, id="key-1", name="ci"), Actor("key-1", "ci")),
        (Caller("acme", Role.MEMBER, id="someone@example.com"), Actor("someone@example.com", "someone@example.com")),
        (LOCAL_CALLER, Actor("local", "local")),
        (Caller("acme", Role.ADMIN), Actor("acme", "acme")),
    ],
    ids=["an API key", "a token's subject", "an open server", "nobody to be named"],
)
def test_a_callers_actor(caller: Caller, actor: Actor) -> None:
    assert caller.actor == actor
