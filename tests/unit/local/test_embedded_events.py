"""The laptop's event bus."""

import json

from promptyard.aws.bus import EventBus
from promptyard.domain.benchmarks.messages import EventMessage, read_message
from promptyard_local.embedded_events import EMBEDDED_BUS, EmbeddedEventsClient


async def test_what_is_published_is_delivered_as_eventbridge_writes_it() -> None:
    delivered: list[str] = []
    client = EmbeddedEventsClient(delivered.append)
    await EventBus(lambda: client, EMBEDDED_BUS).publish("promptyard.prompt.version_saved", {"version_number": 3})
    [message] = map(read_message, delivered)
    assert isinstance(message, EventMessage)
    assert (message.source, message.detail_type) == ("promptyard", "promptyard.prompt.version_saved")
    assert message.detail == {"version_number": 3}
    assert message.id == json.loads(delivered[0])["id"]


def test_what_is_no_event_fails_alone() -> None:
    delivered: list[str] = []
    entry = {"Source": "ours", "DetailType": "asked", "Detail": "{}"}
    answer = EmbeddedEventsClient(delivered.append).put_events(
        Entries=[entry, {**entry, "Detail": "{"}, {**entry, "Source": ""}, {"Detail": "{}"}]
    )
    assert answer["FailedEntryCount"] == 3
    assert [sorted(one) for one in answer["Entries"]] == [["EventId"], *[["ErrorCode", "ErrorMessage"]] * 3]
    assert len(delivered) == 1
