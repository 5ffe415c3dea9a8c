"""The key of a customer's: what AWS's services have to be allowed on it, for what they write in nobody's name."""

import json
from collections.abc import Iterator

from aws_cdk import Aws, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from promptyard_cdk.props import PromptyardApiProps

LOGS = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*")
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html"""
MESSAGES = ("kms:Decrypt", "kms:GenerateDataKey")
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html"""


def allow_services(scope: Construct, key: kms.IKey, props: PromptyardApiProps) -> None:
    """In the key's own policy. That of an imported key is its owner's: a warning tells what has to be in it."""
    needed = dict(_services(props))
    for service, actions in needed.items():
        key.grant(iam.ServicePrincipal(service.replace(_REGION, Aws.REGION)), *actions)
    if not isinstance(key, kms.Key):
        Validations.of(scope).add_warning("promptyard:importedKey", _told(needed))


_REGION = "<region>"


def _services(props: PromptyardApiProps) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield f"logs.{_REGION}.amazonaws.com", LOGS
    yield "events.amazonaws.com", MESSAGES  # schedules and rules: what they put into queues
    if props.monitoring and props.alarm_topic is None:
        yield "cloudwatch.amazonaws.com", MESSAGES  # alarms into the topic


def _told(needed: dict[str, tuple[str, ...]]) -> str:
    statements = [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": list(actions), "Resource": "*"}
        for service, actions in needed.items()
    ]
    return (
        "encryption_key is imported: nothing here can write its policy. It has to let the account's IAM policies allow "
        "its use (Principal AWS arn:aws:iam::<account>:root, Action kms:*), and these services, or logs, queues and "
        f"alarms fail when they are deployed or called: {json.dumps(statements)}"
    )
