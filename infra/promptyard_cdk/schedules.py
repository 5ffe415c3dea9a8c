"""What calls functions beside the API: schedules. What they cannot carry out ends in one queue."""

import json
from importlib.resources import files

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from promptyard_cdk.acknowledgements import acknowledge
from promptyard_cdk.functions import GroupFunction

KEEP_ACTIVE_DAYS = 7
"""A version with SnapStart that nobody has called for 14 days becomes inactive, and its next call fails:
https://docs.aws.amazon.com/lambda/latest/dg/snapstart-activate.html#snapstart-function-states"""


class Schedules(Construct):
    """`failures`: the queue of events that a function has failed at, each time that it was tried."""

    def __init__(self, scope: Construct, construct_id: str, *, encryption_key: kms.IKey | None) -> None:
        super().__init__(scope, construct_id)
        self.failures = sqs.Queue(
            self,
            "Failures",
            encryption=sqs.QueueEncryption.KMS if encryption_key else sqs.QueueEncryption.SQS_MANAGED,
            encryption_master_key=encryption_key,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        acknowledge(self.failures, "AwsSolutions-SQS3", "It is the queue of what failed")
        acknowledge(self.failures, "Serverless-SQSRedrivePolicy", "It is the queue of what failed")

    def schedule(self, function: GroupFunction) -> None:
        """Call a function as often as its group says, if it says so; and so often that its snapshot stays, if it has
        one."""
        every = function.group.every_minutes
        if every is not None:
            self._rule(f"{function.group.name.capitalize()}Schedule", Duration.minutes(every), function)
        if function.snap_start:
            self._rule(
                f"{function.group.name.capitalize()}KeepActive",
                Duration.days(KEEP_ACTIVE_DAYS),
                function,
                events.RuleTargetInput.from_object(health_event()),
            )

    def _rule(
        self, name: str, every: Duration, function: GroupFunction, event: events.RuleTargetInput | None = None
    ) -> None:
        target = targets.LambdaFunction(function.alias, dead_letter_queue=self.failures, event=event)
        events.Rule(self, name, schedule=events.Schedule.rate(every), targets=[target])


def health_event() -> dict[str, object]:
    """`GET /health`, as the REST API would send it, without its nulls, which the CDK would leave out: the tests send
    exactly this to every function."""
    event: dict[str, object] = json.loads(files(__package__).joinpath("health_event.json").read_text())
    return event
