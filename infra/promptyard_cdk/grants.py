"""What a function's role may do, statement by statement, from its row of `groups.toml`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from promptyard_cdk.acknowledgements import acknowledge_wildcard
from promptyard_cdk.groups import Group, Limit, limits_of
from promptyard_cdk.props import PromptyardApiProps, Stores

KEY_ACTIONS = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
"""What DynamoDB and S3 ask of a customer's key in the caller's name:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html"""

INVOKE_MODEL = ("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream")


def grant_all(role: iam.Role, group: Group, props: PromptyardApiProps, stores: Stores, secret_prefix: str) -> None:
    for statement in _statements(group, props, stores, secret_prefix):
        role.add_to_policy(
            iam.PolicyStatement(
                actions=list(statement.actions), resources=list(statement.resources), conditions=statement.conditions
            )
        )
        for resource in statement.resources:
            if statement.wildcard_reason is not None:
                acknowledge_wildcard(role, resource, statement.wildcard_reason)
    for key in _keys(group, props, stores):
        key.grant(role, *KEY_ACTIONS)
    for variable, secret in props.provider_secrets.items():
        if group.reads_secret(variable):
            secret.grant_read(role)


def _statements(group: Group, props: PromptyardApiProps, stores: Stores, secret_prefix: str) -> Iterator["_Statement"]:
    for name in sorted(group.tables()):
        table = stores.tables[name]
        if name in group.grants:
            limits = limits_of(group.name, name)
            unlimited = tuple(action for action in group.grants[name] if action not in limits)
            if unlimited:
                yield _allow("dynamodb", unlimited, table.table_arn)
            for action, limit in limits.items():
                if action in group.grants[name]:
                    allowed = _allow("dynamodb", (action,), table.table_arn)
                    yield replace(allowed, conditions=_conditions(limit))
        for index, actions in group.indexes(name).items():
            yield _allow("dynamodb", actions, f"{table.table_arn}/index/{index}")
    for kind, actions in group.objects().items():
        objects = stores.bucket.arn_for_objects(f"*/{kind}/*")
        yield _allow("s3", actions, objects, "An object's key begins with its tenant, and tenants come and go")
    if group.objects():
        # What belongs to a run is found by listing, and without it S3 answers 403 and not 404 for what is not there.
        yield _allow("s3", ("ListBucket",), stores.bucket.bucket_arn)
    for kind, actions in group.secrets().items():
        # Not with the six characters that end a secret's ARN: of a secret that is not there IAM knows the name alone.
        secrets = f"arn:{Aws.PARTITION}:secretsmanager:{Aws.REGION}:{Aws.ACCOUNT_ID}:secret:{secret_prefix}*/{kind}*"
        yield _allow("secretsmanager", actions, secrets, "A secret a tenant, and tenants come and go")
    if group.models and (models := _bedrock_models(props)):
        yield _Statement(INVOKE_MODEL, tuple(models), "Callers choose the model; bedrock_models narrows it")
    if group.models and props.guardrail is not None:
        yield _allow("bedrock", ("ApplyGuardrail",), props.guardrail.arn)
    if group.publishes and props.event_bus is not None:
        yield _allow("events", ("PutEvents",), props.event_bus.event_bus_arn)


@dataclass(frozen=True)
class _Statement:
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    wildcard_reason: str | None = None
    """Why a resource holds a `*`."""
    conditions: Mapping[str, Mapping[str, Sequence[str]]] | None = None


def _allow(service: str, actions: tuple[str, ...], resource: str, wildcard_reason: str | None = None) -> _Statement:
    return _Statement(tuple(f"{service}:{action}" for action in actions), (resource,), wildcard_reason)


def _conditions(limit: Limit) -> Mapping[str, Mapping[str, Sequence[str]]]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html: where attributes are
    limited, what is given back has to be, too."""
    partitions = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(limit.partitions)}}
    if limit.attributes is None:
        return partitions
    return {
        **partitions,
        "ForAllValues:StringEquals": {"dynamodb:Attributes": list(limit.attributes)},
        "StringEqualsIfExists": {"dynamodb:ReturnValues": ["NONE", "UPDATED_OLD", "UPDATED_NEW"]},
    }


def _bedrock_models(props: PromptyardApiProps) -> Sequence[str]:
    if props.bedrock_models is not None:
        return props.bedrock_models
    bedrock = f"arn:{Aws.PARTITION}:bedrock:*"
    return [
        f"{bedrock}::foundation-model/*",
        f"{bedrock}:{Aws.ACCOUNT_ID}:inference-profile/*",
        f"{bedrock}:{Aws.ACCOUNT_ID}:application-inference-profile/*",
    ]


def _keys(group: Group, props: PromptyardApiProps, stores: Stores) -> list[kms.IKey]:
    """The keys that encrypt what the group uses. Of stores that are found by name it is not known what encrypts them:
    restored ones have the key of those that they were restored from."""
    keys = [stores.tables[name].encryption_key for name in sorted(group.tables())]
    if group.objects():
        keys.append(stores.bucket.encryption_key)
    if keys or group.secrets():
        keys.append(props.encryption_key)
    return list({key.key_arn: key for key in keys if key is not None}.values())
