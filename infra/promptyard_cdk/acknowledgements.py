"""Why a rule of cdk-nag, or a warning of the CDK's, is not followed: each with its reason, where it applies."""

from typing import Any

from aws_cdk import Acknowledgment, Stack, Validations
from constructs import IConstruct

UNTRACED = "X-Ray is paid for by the run; the property tracing turns it on"


def acknowledge(construct: IConstruct, rule: str, reason: str) -> None:
    """For the construct and all within it."""
    Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))


def acknowledge_wildcard(construct: IConstruct, resource: str, reason: str) -> None:
    """A policy's resource that holds a `*`."""
    acknowledge(construct, f"AwsSolutions-IAM5[Resource::{_as_found(Stack.of(construct).resolve(resource))}]", reason)


def _as_found(value: Any) -> str:
    """A resolved token as cdk-nag writes it: a reference in angle brackets."""
    if isinstance(value, str):
        return value
    [(function, arguments)] = value.items()
    if function == "Ref":
        return f"<{arguments}>"
    if function == "Fn::GetAtt":
        return f"<{'.'.join(arguments)}>"
    if function == "Fn::Join":
        separator, parts = arguments
        return str(separator).join(_as_found(part) for part in parts)
    return str(value)
