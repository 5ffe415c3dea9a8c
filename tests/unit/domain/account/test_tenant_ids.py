"""Which ids tenants may have."""

import pytest

from promptyard.domain.account.tenants import LOCAL_TENANT, is_tenant_id


@pytest.mark.parametrize("text", ["a", "acme", "org_1a2B.c-d", "0", "a" * 64])
def test_an_id(text: str) -> None:
    assert is_tenant_id(text)


@pytest.mark.parametrize(
    "text",
    ["", "a" * 65, "a#b", "a/b", "a b", "-a", ".a", "é", "a\n", "operator", "Operator", "local", "apikey", "open"],
)
def test_what_no_tenant_can_be_called(text: str) -> None:
    assert not is_tenant_id(text)


def test_the_local_servers_tenant_was_always_there() -> None:
    assert (LOCAL_TENANT.id, LOCAL_TENANT.created_at.timestamp()) == ("local", 0)
    assert LOCAL_TENANT.may_use_deployment_keys
