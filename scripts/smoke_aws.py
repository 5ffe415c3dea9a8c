"""What `smoke.py` looks at in the account itself: a benchmark's event, and starts from snapshots. With the credentials
that the environment has."""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import boto3

COMPLETED = "promptyard.benchmark.completed"
_RESTORED = re.compile(r'"restoreDurationMs":\s*([0-9.]+)|Restore Duration: ([0-9.]+) ms')


@contextmanager
def benchmark_event(bus: str) -> Iterator[Callable[[float], dict[str, Any] | None]]:
    """What waits for the next event of a benchmark on that bus, for so many seconds. A rule and a queue are made for
    it, and deleted."""
    events, sqs, name = boto3.client("events"), boto3.client("sqs"), f"promptyard-smoke-{uuid4().hex[:8]}"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["promptyard"], "detail-type": [COMPLETED]}
    rule = events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(pattern))["RuleArn"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(_policy(arn, rule))})
    events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])
    try:
        yield lambda seconds: _received(sqs, url, seconds)
    finally:
        events.remove_targets(Rule=name, EventBusName=bus, Ids=["queue"])
        events.delete_rule(Name=name, EventBusName=bus)
        sqs.delete_queue(QueueUrl=url)


def _policy(queue: str, rule: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    return {
        "Version": "2012-10-17",
        "Statement": [statement | {"Resource": queue, "Condition": {"ArnEquals": {"aws:SourceArn": rule}}}],
    }


def _received(sqs: Any, url: str, seconds: float) -> dict[str, Any] | None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        found = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=max(1, min(10, int(left))))
        for message in found.get("Messages", ()):
            event: dict[str, Any] = json.loads(message["Body"])
            return event
    return None


def snapshot_starts(log_group: str) -> list[float]:
    """How long each restore of the last hour took, in milliseconds, as the function's log has it."""
    pages = boto3.client("logs").get_paginator("filter_log_events")
    since = int((time.time() - 3600) * 1000)
    found = []
    for page in pages.paginate(logGroupName=log_group, startTime=since):
        for event in page["events"]:
            if match := _RESTORED.search(event["message"]):
                found.append(float(match[1] or match[2]))
    return found
