"""What starts benchmarks beside the API: events, whose rules put them into the queue of benchmarks."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

REQUESTED = "promptyard.benchmark.requested"
VERSION_SAVED = "promptyard.prompt.version_saved"
SOURCE = "promptyard"
SCHEDULE_SOURCE = "promptyard.schedule"
UPLOADS = "*/datasets/*/uploads/*"
"""The keys of what is uploaded into datasets: see promptyard/storage/table/benchmark_keys.py."""


class BenchmarkEvents(Construct):
    """Rules on the bus that the deployment tells and listens to, and on the account's own, where S3's events are.
    `failures`: the queue of events that could not be put into `queue`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        queue: sqs.IQueue,
        bus: events.IEventBus,
        bucket: s3.IBucket,
        failures: sqs.IQueue,
    ) -> None:
        super().__init__(scope, construct_id)
        self._queue, self._failures = queue, failures
        self._rule("Requested", events.EventPattern(detail_type=[REQUESTED]), bus)
        self._rule("VersionSaved", events.EventPattern(source=[SOURCE], detail_type=[VERSION_SAVED]), bus)
        uploaded = {"bucket": {"name": [bucket.bucket_name]}, "object": {"key": [{"wildcard": UPLOADS}]}}
        self._rule(
            "Uploaded", events.EventPattern(source=["aws.s3"], detail_type=["Object Created"], detail=uploaded), None
        )

    def schedule(self, construct_id: str, schedule: events.Schedule, detail: Mapping[str, Any]) -> events.Rule:
        """Ask for a benchmark run as often as that. `detail` is the event's."""
        event = {
            "id": events.EventField.event_id,
            "source": SCHEDULE_SOURCE,
            "detail-type": REQUESTED,
            "detail": {**detail, "trigger": "schedule"},
        }
        return events.Rule(self, construct_id, schedule=schedule, targets=[self._target(event)])

    def _rule(self, name: str, pattern: events.EventPattern, bus: events.IEventBus | None) -> None:
        """On the account's own bus, where none is named."""
        events.Rule(self, name, event_pattern=pattern, event_bus=bus, targets=[self._target()])

    def _target(self, event: Mapping[str, Any] | None = None) -> targets.SqsQueue:
        """The queue, given the event as it came, or that one."""
        message = None if event is None else events.RuleTargetInput.from_object(event)
        return targets.SqsQueue(self._queue, message=message, dead_letter_queue=self._failures)
