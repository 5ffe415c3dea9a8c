"""What calls functions beside the API: schedules. What they cannot carry out ends in one queue."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from promptyard_cdk.acknowledgements import acknowledge
from promptyard_cdk.functions import GroupFunction


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
        if encryption_key is not None:
            encryption_key.grant(iam.ServicePrincipal("events.amazonaws.com"), "kms:Decrypt", "kms:GenerateDataKey")
        acknowledge(self.failures, "AwsSolutions-SQS3", "It is the queue of what failed")
        acknowledge(self.failures, "Serverless-SQSRedrivePolicy", "It is the queue of what failed")

    def schedule(self, function: GroupFunction) -> None:
        """Call a function as often as its group says, if it says so."""
        every = function.group.every_minutes
        if every is not None:
            events.Rule(
                self,
                f"{function.group.name.capitalize()}Schedule",
                schedule=events.Schedule.rate(Duration.minutes(every)),
                targets=[targets.LambdaFunction(function.alias, dead_letter_queue=self.failures)],
            )
