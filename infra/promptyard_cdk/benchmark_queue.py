"""The queue of benchmarks, and where what cannot be worked on is put aside."""

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from promptyard_cdk.acknowledgements import acknowledge
from promptyard_cdk.groups import Group

QUEUE_SETTING = "PROMPTYARD_BENCHMARKS_QUEUE"
ASIDE_SETTING = "PROMPTYARD_BENCHMARKS_ASIDE"
VISIBILITY_TIMES = 6
"""How much longer than the worker may take a message is invisible:
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""
MAX_RECEIVES = 1_000
"""A message that waits for a slot is received again and again; what always fails the worker puts aside itself, after a
few times. This is for what even that does not reach."""
KEPT = Duration.days(14)


class BenchmarkQueue(Construct):
    """`queue`, and `aside`, from which messages can be moved back when what was wrong with them is mended."""

    def __init__(self, scope: Construct, construct_id: str, *, worker: Group, encryption_key: kms.IKey | None) -> None:
        super().__init__(scope, construct_id)
        self._key = encryption_key
        self.aside = self._queue("Aside")
        acknowledge(self.aside, "AwsSolutions-SQS3", "It is the queue of what was put aside")
        acknowledge(self.aside, "Serverless-SQSRedrivePolicy", "It is the queue of what was put aside")
        self.queue = self._queue(
            "Queue",
            visibility_timeout=Duration.seconds(VISIBILITY_TIMES * worker.timeout),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.aside, max_receive_count=MAX_RECEIVES),
        )

    def _queue(self, name: str, **more: object) -> sqs.Queue:
        return sqs.Queue(
            self,
            name,
            encryption=sqs.QueueEncryption.KMS if self._key else sqs.QueueEncryption.SQS_MANAGED,
            encryption_master_key=self._key,
            enforce_ssl=True,
            retention_period=KEPT,
            **more,  # type: ignore[arg-type]
        )

    def source(self, worker: Group) -> sources.SqsEventSource:
        """Calls the worker's function with the messages."""
        return sources.SqsEventSource(
            self.queue, batch_size=worker.batch, max_concurrency=worker.at_once, report_batch_item_failures=True
        )

    def grant(self, role: iam.IRole, group: Group) -> None:
        """To send; to the worker also to put aside."""
        queues = [self.queue, self.aside] if group.mode == "queue" else [self.queue]
        role.add_to_principal_policy(
            iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[queue.queue_arn for queue in queues])
        )
        if self._key is not None:
            self._key.grant(role, "kms:Decrypt", "kms:GenerateDataKey")

    def settings(self) -> dict[str, str]:
        """The variables of the functions that send."""
        return {QUEUE_SETTING: self.queue.queue_url, ASIDE_SETTING: self.aside.queue_url}
