"""What AWS takes of a function, counted before anything is deployed: with what is known only then at its longest."""

import json
from typing import Any

from aws_cdk import Stack, Token
from aws_cdk import aws_iam as iam
from constructs import Construct

from promptyard_cdk.benchmark_queue import ASIDE_SETTING, QUEUE_SETTING
from promptyard_cdk.groups import Group
from promptyard_cdk.props import InvalidProps, PromptyardApiProps
from promptyard_cdk.variables import property_of

VARIABLES_BYTES = 4_096
"""Names and values, as a JSON map: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
POLICY_CHARACTERS = 10_240
"""All that stands in a role itself, without blanks:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""

_PSEUDO = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws-us-gov",
    "AWS::Region": "ap-southeast-2",
    "AWS::URLSuffix": "amazonaws.com",
}
_ARN = "arn:aws-us-gov:secretsmanager:ap-southeast-2:123456789012:secret:"
_QUEUE = "https://sqs.ap-southeast-2.amazonaws.com/123456789012/"
_RANDOM = "-XXXXXXXXXXXXX"
"""What CloudFormation ends the names with that it makes."""
_LONGEST_STACK_NAME = 128
_NOT_KNOWN = "x" * 64


def check_variables(scope: Construct, group: Group, variables: dict[str, str], props: PromptyardApiProps) -> None:
    """Raises InvalidProps where they are too long, with the property that takes most of it."""
    deployed = dict(_deployed(scope, variables))
    deployed |= {name: _QUEUE + deployed[name] for name in (QUEUE_SETTING, ASIDE_SETTING) if name in deployed}
    total = len(_json(deployed).encode())
    if total <= VARIABLES_BYTES:
        return
    by_property: dict[str, int] = {}
    for name, value in deployed.items():
        given = property_of(name, props).partition(".")[0]
        by_property[given] = by_property.get(given, 0) + len(_json({name: value}).encode()) - 1
    longest = max(by_property, key=lambda name: by_property[name])
    raise InvalidProps(
        f"{longest}: takes {by_property[longest]:,} bytes of the variables of {group.name}, which are {total:,}; "
        f"Lambda takes {VARIABLES_BYTES:,}. Say it in less{_HINTS.get(longest, '')}"
    )


def check_policy(role: iam.Role, group: Group, props: PromptyardApiProps) -> None:
    """Raises InvalidProps where the role's own policy is too long, with the property that takes most of it."""
    policy = role.node.try_find_child("DefaultPolicy")
    assert isinstance(policy, iam.Policy)
    total = len(_json(_deployed(role, policy.document)))
    if total <= POLICY_CHARACTERS:
        return
    named = {
        "bedrock_models": list(props.bedrock_models or ()),
        "provider_secrets": [secret.secret_arn for secret in props.provider_secrets.values()],
    }
    longest = max(named, key=lambda name: len(_json(_deployed(role, named[name]))))
    raise InvalidProps(
        f"{longest}: makes the policy of {group.name} {total:,} characters long; IAM takes {POLICY_CHARACTERS:,}. "
        f"Name fewer{_HINTS.get(longest, '')}"
    )


_HINTS = {
    "bedrock_models": ": an ARN may hold *, as in arn:aws:bedrock:*::foundation-model/amazon.nova-*",
    "gateway_auth": ": a principal's ARN may hold *, and the first one that matches counts",
    "jwt_issuers": ": jwks_url in place of jwks, for one",
}


def _deployed(scope: Construct, value: Any) -> Any:
    stack = Stack.of(scope)
    name = "x" * _LONGEST_STACK_NAME if Token.is_unresolved(stack.stack_name) else stack.stack_name
    return _longest(stack.resolve(value), name)


def _longest(value: Any, stack_name: str) -> Any:
    """A resolved value with texts in the place of references: as long as they can become."""
    if not isinstance(value, dict):
        return [_longest(each, stack_name) for each in value] if isinstance(value, list) else value
    match value:
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(_longest(part, stack_name) for part in parts)
        case {"Ref": name}:
            return {**_PSEUDO, "AWS::StackName": stack_name}.get(name, f"{stack_name}-{name}{_RANDOM}")
        case {"Fn::GetAtt": [name, *_]}:
            return f"{_ARN}{stack_name}-{name}{_RANDOM}"
    if any(key.startswith("Fn::") for key in value):
        return _NOT_KNOWN
    return {key: _longest(each, stack_name) for key, each in value.items()}


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
