"""What each function's role allows: the actions of its row in groups.toml, on its own resources, and no more."""

from typing import Any

import pytest
from templates import Template, flat, listed, references

from promptyard_cdk.groups import OBJECTS, SECRETS, Group, load_groups
from promptyard_cdk.storage import SETTING

GROUPS = load_groups()
ALWAYS = {("logs:CreateLogStream", "logs"), ("logs:PutLogEvents", "logs")}
NAMED = {"AWS::Logs::LogGroup": "logs"}
CONSUME = ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes", "GetQueueUrl")
BEDROCK = ("foundation-model/*", "inference-profile/*", "application-inference-profile/*")


def expected(group: Group) -> set[tuple[str, str]]:
    found = set(ALWAYS)
    for resource, actions in group.grants.items():
        kind, _, rest = resource.partition("/")
        if kind in SECRETS:
            found |= {(f"secretsmanager:{action}", kind) for action in actions}
        elif kind == OBJECTS:
            found |= {(f"s3:{action}", f"bucket/*/{rest}/*") for action in actions} | {("s3:ListBucket", "bucket")}
        else:
            found |= {(f"dynamodb:{action}", f"{kind}/index/{rest}" if rest else kind) for action in actions}
    if group.mode == "scheduled":
        found.add(("sqs:SendMessage", "failures"))
    if group.queues:
        found.add(("sqs:SendMessage", "queue"))
    if group.mode == "queue":
        found |= {("sqs:SendMessage", "aside")} | {(f"sqs:{action}", "queue") for action in CONSUME}
    if group.models:
        actions = ("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream")
        found |= {(action, model) for action in actions for model in BEDROCK}
    return found


def named(template: Template, resource: Any) -> str:
    """A statement's resource, as `expected` writes it."""
    text = flat(resource)
    for logical_id in references(resource):
        known = template.resources.get(logical_id, {})
        if SETTING in known.get("Metadata", {}):
            setting = known["Metadata"][SETTING].removeprefix("PROMPTYARD_")
            name = "bucket" if setting.endswith("_BUCKET") else setting.removesuffix("_TABLE").lower()
            return text.replace(f"<{logical_id}.Arn>", name)
        if known.get("Type") == "AWS::SQS::Queue":
            return next((word for word in ("failures", "aside") if word in logical_id.lower()), "queue")
        if known.get("Type") in NAMED:
            return NAMED[known["Type"]]
    if ":bedrock:" in text:
        return text.split(":")[-1]
    if ":secretsmanager:" in text:
        names, _, kind = text.rpartition("/")
        assert names.endswith(":secret:promptyard/<AWS::StackName>/d6406fb9/*")
        return kind.removesuffix("*")
    return text


BUS = "arn:<AWS::Partition>:events:<AWS::Region>:<AWS::AccountId>:event-bus/default"
"""The account's own."""


def allowed(template: Template, group: str) -> set[tuple[str, str]]:
    statements = template.statements(group)
    assert all(statement["Effect"] == "Allow" for statement in statements)
    return {
        (action, named(template, resource))
        for statement in statements
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    }


@pytest.mark.parametrize("group", GROUPS)
def test_a_function_may_do_what_its_group_does_and_no_more(template: Template, group: str) -> None:
    told = {("events:PutEvents", BUS)} if GROUPS[group].publishes else set()
    assert allowed(template, group) == expected(GROUPS[group]) | told


@pytest.mark.parametrize("group", GROUPS)
def test_no_action_is_a_pattern_and_no_table_or_bucket_is_anyones(template: Template, group: str) -> None:
    for action, resource in allowed(template, group):
        assert "*" not in action
        assert resource != "*"


@pytest.mark.parametrize("group", GROUPS)
def test_its_role_is_its_own_and_has_no_managed_policy(template: Template, group: str) -> None:
    roles = [function["Role"]["Fn::GetAtt"][0] for function in template.functions().values()]
    assert len(set(roles)) == len(roles)
    role = template.resources[template.functions()[group]["Role"]["Fn::GetAtt"][0]]["Properties"]
    assert "ManagedPolicyArns" not in role
    [trust] = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}


AUDIT, KEYS, MONTHS, LEDGER, IDEMPOTENCY = "*#audit", "apikey#*", "*#month", "*#ledger", "*#idempotency"
ROUNDS = "operator#rounds"
LIMITED = {
    ("dynamodb:PutItem", "account"): {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [AUDIT, ROUNDS]}},
    ("dynamodb:UpdateItem", "account"): {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": [KEYS]},
        "ForAllValues:StringEquals": {"dynamodb:Attributes": ["pk", "sk", "last_used_at"]},
        "StringEqualsIfExists": {"dynamodb:ReturnValues": ["NONE", "UPDATED_OLD", "UPDATED_NEW"]},
    },
    ("dynamodb:PutItem", "usage"): {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [LEDGER, IDEMPOTENCY]}},
    ("dynamodb:UpdateItem", "usage"): {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [MONTHS, IDEMPOTENCY]}},
    ("dynamodb:DeleteItem", "usage"): {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [IDEMPOTENCY]}},
}
"""What of the ledger, of quotas' sums, of roles and of the audit log a function may change that is not `account`'s."""
CHANGES = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}


@pytest.mark.parametrize("group", GROUPS)
def test_ledger_sums_roles_and_audit_are_changed_by_who_has_to_alone(template: Template, group: str) -> None:
    found = {
        (action, named(template, resource)): statement.get("Condition")
        for statement in template.statements(group)
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    }
    conditions = {what: condition for what, condition in found.items() if condition is not None}
    if group == "account":
        assert conditions == {}
        return
    assert conditions == {what: condition for what, condition in LIMITED.items() if what in found}
    changed = {(action, table) for action, table in found if action in CHANGES and table in {"account", "usage"}}
    assert changed <= LIMITED.keys()


def test_secrets_are_read_by_who_has_a_use_for_them_alone(template: Template) -> None:
    """Who ends runs tells tenants' collectors of them, and need not be able to call a provider for that."""
    readers = {
        kind: {group for group in GROUPS if ("secretsmanager:GetSecretValue", kind) in allowed(template, group)}
        for kind in SECRETS
    }
    calling = {"run", "openai", "mcp", "compare", "benchmark_worker"}
    assert readers["provider-keys"] == {*calling, "catalog", "benchmarks", "account"}
    assert readers["collector"] == {*calling, "history", "sweeper", "account"}
    writers = {
        group
        for group in GROUPS
        if any(
            kind == "collector" and action != "secretsmanager:GetSecretValue"
            for action, kind in allowed(template, group)
        )
    }
    assert writers == {"account"}
