"""What starts benchmarks beside the API."""

import json
from typing import Any

from aws_cdk import Duration, Stack, aws_events, aws_s3, aws_sqs
from conftest import Synthesise
from templates import Template, flat

from promptyard_cdk.triggers import BenchmarkEvents


def rules(synthesise: Synthesise) -> tuple[Template, dict[str, Any]]:
    """By the name of each."""

    def fill(stack: Stack) -> None:
        queue, failures = aws_sqs.Queue(stack, "Work"), aws_sqs.Queue(stack, "Failures")
        bus = aws_events.EventBus(stack, "Bus")
        made = BenchmarkEvents(
            stack, "Events", queue=queue, bus=bus, bucket=aws_s3.Bucket(stack, "Data"), failures=failures
        )
        made.schedule("Nightly", aws_events.Schedule.rate(Duration.days(1)), {"benchmark_id": "b"})

    template = synthesise(fill)
    found = template.of_type("AWS::Events::Rule")
    names = ("Requested", "VersionSaved", "Uploaded", "Nightly")
    return template, {name: found[logical]["Properties"] for name in names for logical in found if name in logical}


def test_events_are_put_into_the_queue_by_what_they_are(synthesise: Synthesise) -> None:
    template, found = rules(synthesise)
    [bus], [bucket] = (template.of_type(f"AWS::{kind}") for kind in ("Events::EventBus", "S3::Bucket"))
    assert found["Requested"]["EventPattern"] == {"detail-type": ["promptyard.benchmark.requested"]}
    assert found["VersionSaved"]["EventPattern"] == {
        "source": ["promptyard"],
        "detail-type": ["promptyard.prompt.version_saved"],
    }
    assert found["Uploaded"]["EventPattern"] == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [{"Ref": bucket}]}, "object": {"key": [{"wildcard": "*/datasets/*/uploads/*"}]}},
    }
    assert {name: rule.get("EventBusName") for name, rule in found.items()} == {
        "Requested": {"Ref": bus},
        "VersionSaved": {"Ref": bus},
        "Uploaded": None,
        "Nightly": None,
    }


def test_what_cannot_be_put_there_is_put_aside_and_both_may_be_sent_to(synthesise: Synthesise) -> None:
    template, found = rules(synthesise)
    [work] = [name for name in template.of_type("AWS::SQS::Queue") if "Work" in name]
    [failures] = [name for name in template.of_type("AWS::SQS::Queue") if "Failures" in name]
    for rule in found.values():
        [target] = rule["Targets"]
        assert flat(target["Arn"]) == f"<{work}.Arn>"
        assert flat(target["DeadLetterConfig"]["Arn"]) == f"<{failures}.Arn>"
    allowed = [
        flat(statement["Resource"])
        for policy in template.of_type("AWS::SQS::QueuePolicy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Principal"] == {"Service": "events.amazonaws.com"}
    ]
    assert set(allowed) == {f"<{work}.Arn>", f"<{failures}.Arn>"}


def test_a_schedule_sends_the_event_that_asks_for_a_run_each_time_another(synthesise: Synthesise) -> None:
    _, found = rules(synthesise)
    nightly = found["Nightly"]
    assert nightly["ScheduleExpression"] == "rate(1 day)"
    transformer = nightly["Targets"][0]["InputTransformer"]
    assert transformer["InputPathsMap"] == {"id": "$.id"}
    sent = json.loads(transformer["InputTemplate"].replace("<id>", '"e-1"'))
    assert sent == {
        "id": "e-1",
        "source": "promptyard.schedule",
        "detail-type": "promptyard.benchmark.requested",
        "detail": {"benchmark_id": "b", "trigger": "schedule"},
    }
