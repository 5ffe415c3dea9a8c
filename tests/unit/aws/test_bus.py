"""An event bus: what it is told, and that its failures are nobody else's."""

import json
import logging
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from promptyard.aws.bus import EventBus

BUS = "arn:aws:events:eu-west-1:123456789012:event-bus/team"
TOLD = {
    "Entries": [
        {
            "EventBusName": BUS,
            "Source": "promptyard",
            "DetailType": "promptyard.prompt.version_saved",
            "Detail": json.dumps({"version_number": 3}),
        }
    ]
}


@pytest.fixture
def client() -> Any:
    return boto3.client("events", region_name="eu-west-1", aws_access_key_id="test", aws_secret_access_key="test")


async def publish(client: Any) -> None:
    await EventBus(lambda: client, BUS).publish("promptyard.prompt.version_saved", {"version_number": 3})


async def test_an_event_is_put_on_the_bus(client: Any, caplog: pytest.LogCaptureFixture) -> None:
    with Stubber(client) as stub:
        stub.add_response("put_events", {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}, TOLD)
        await publish(client)
        stub.assert_no_pending_responses()
    assert not caplog.records


async def test_what_cannot_be_published_is_logged_and_no_more(client: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "promptyard.events")
    with Stubber(client) as stub:
        stub.add_response("put_events", {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure"}]})
        await publish(client)
        stub.add_client_error("put_events", "AccessDeniedException", "no")
        await publish(client)

    def unreachable() -> Any:
        raise EndpointConnectionError(endpoint_url="https://events.example.com")

    await EventBus(unreachable, BUS).publish("promptyard.prompt.version_saved", {})
    reasons = [record.__dict__["reason"] for record in caplog.records]
    assert reasons == ["InternalFailure", "AccessDeniedException", "EndpointConnectionError"]
