"""No tenant's id makes a key that is another tenant's, whatever made it past those who check ids."""

import pytest

from promptyard.domain.account.tenants import is_tenant_id
from promptyard.storage.table import benchmark_keys, keys

BAD = ["", "a#run", "#", "acme#count", "a/b", "/", "acme/runs/"]


@pytest.mark.parametrize("tenant", BAD)
def test_an_id_that_reaches_further_makes_no_key(tenant: str) -> None:
    makers = [
        lambda: keys.run_key(tenant, "r"),
        lambda: keys.month_key(tenant, "2026-11"),
        lambda: keys.ledger_key(tenant, "r"),
        lambda: keys.link_partition(tenant, "prompt", "p"),
        lambda: keys.tenant_partition(tenant, "x"),
        lambda: keys.tenant_objects(tenant),
        lambda: keys.run_objects(tenant),
        lambda: keys.import_object(tenant, "u"),
        lambda: keys.version_object(tenant, "p", "d"),
        lambda: benchmark_keys.cells_partition(tenant, "b"),
    ]
    for make in makers:
        with pytest.raises(ValueError, match="a tenant's id"):
            make()


def test_the_tenant_comes_first() -> None:
    assert keys.run_key("acme", "r")["pk"] == "acme#run"
    assert keys.tenant_objects("acme") == "acme/"


def test_what_stands_before_tenants_is_no_tenant() -> None:
    before, _, _ = keys.IMPORTS.partition("/")
    assert not is_tenant_id(before)
    assert keys.import_object("acme", "u") == f"{keys.IMPORTS}acme/u"
