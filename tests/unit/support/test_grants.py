"""The limits of `partitions.toml`, as the tests hold routes to them."""

from typing import Any

import pytest

from tests.support.aws.grants import is_within_limits


def update(partition: str, *attributes: str) -> dict[str, Any]:
    names = {f"#{name}": name for name in attributes}
    return {"Key": {"pk": {"S": partition}, "sk": {"S": "x"}}, "ExpressionAttributeNames": names}


@pytest.mark.parametrize(
    ("table", "operation", "params", "allowed"),
    [
        ("usage", "DeleteItem", update("acme#idempotency"), True),
        ("usage", "DeleteItem", update("acme#ledger"), False),
        ("usage", "DeleteItem", update("acme#month"), False),
        ("usage", "UpdateItem", update("acme#month", "tokens"), True),
        ("usage", "UpdateItem", update("acme#ledger", "tokens"), False),
        ("usage", "PutItem", {"Item": {"pk": {"S": "acme#ledger"}}}, True),
        ("usage", "PutItem", {"Item": {"pk": {"S": "acme#month"}}}, False),
        ("account", "UpdateItem", update("apikey#1", "pk", "last_used_at"), True),
        ("account", "UpdateItem", update("apikey#1", "pk", "role"), False),
        ("account", "UpdateItem", update("acme#tenant", "last_used_at"), False),
        ("account", "PutItem", {"Item": {"pk": {"S": "acme#audit"}}}, True),
        ("account", "PutItem", {"Item": {"pk": {"S": "apikey#1"}}}, False),
        ("account", "DeleteItem", update("acme#audit"), False),
        ("runs", "DeleteItem", update("acme#run"), True),
    ],
)
def test_a_function_changes_what_it_has_to_alone(
    table: str, operation: str, params: dict[str, Any], allowed: bool
) -> None:
    assert is_within_limits("run", table, operation, params) is allowed
    assert is_within_limits("account", table, operation, params)
