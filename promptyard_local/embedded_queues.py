"""The queue of benchmarks inside this process, and the event bus whose events are put into it."""

from promptyard.aws.clients import MakeClient
from promptyard_local.embedded_events import EmbeddedEventsClient
from promptyard_local.sqs.client import EmbeddedSQSClient

QUEUE, ASIDE = "promptyard-benchmarks", "promptyard-benchmarks-aside"
QUEUE_NAMES = {"PROMPTYARD_BENCHMARKS_QUEUE": QUEUE, "PROMPTYARD_BENCHMARKS_ASIDE": ASIDE}
VISIBILITY_SECONDS = 900
"""Longer than any message is worked on: a worker of this process gives its message back itself."""


def queue_makers(*, has_bus: bool) -> dict[str, MakeClient]:
    """How clients of SQS are made, and, with a bus of our own, of EventBridge. Nothing of it is kept on disk."""
    queues = EmbeddedSQSClient()
    queues.create_queue(QueueName=ASIDE)
    queues.create_queue(QueueName=QUEUE, Attributes={"VisibilityTimeout": str(VISIBILITY_SECONDS)})

    def deliver(event: str) -> None:
        queues.send_message_batch(QueueUrl=QUEUE, Entries=[{"Id": "0", "MessageBody": event}])

    makers: dict[str, MakeClient] = {"sqs": lambda _: queues}
    if has_bus:
        makers["events"] = lambda _: EmbeddedEventsClient(deliver)
    return makers
