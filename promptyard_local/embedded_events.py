"""What stands where boto3's EventBridge client is expected: a bus whose every event one listener gets."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from promptyard.domain.identifiers import random_id

EMBEDDED_BUS = "embedded"
"""The name of the bus, where the environment names no other one."""
ACCOUNT, REGION = "000000000000", "us-east-1"


class EmbeddedEventsClient:
    """The one method of boto3's client that is used. `deliver` gets each event as EventBridge writes it
    (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html)."""

    def __init__(self, deliver: Callable[[str], None]) -> None:
        self._deliver = deliver

    def put_events(self, **parameters: Any) -> dict[str, Any]:
        """Every entry has to name a source, a detail-type and a detail, which is JSON: others fail, as they would
        there."""
        answers = [self._put(entry) for entry in parameters["Entries"]]
        return {"FailedEntryCount": sum("ErrorCode" in answer for answer in answers), "Entries": answers}

    def _put(self, entry: dict[str, Any]) -> dict[str, str]:
        if not all(entry.get(name) for name in ("Source", "DetailType", "Detail")):
            return {"ErrorCode": "InvalidArgument", "ErrorMessage": "Source, DetailType and Detail are required"}
        try:
            detail = json.loads(entry["Detail"])
        except ValueError:
            return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
        event = {
            "version": "0",
            "id": random_id(),
            "detail-type": entry["DetailType"],
            "source": entry["Source"],
            "account": ACCOUNT,
            "time": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "region": REGION,
            "resources": list(entry.get("Resources", [])),
            "detail": detail,
        }
        self._deliver(json.dumps(event))
        return {"EventId": str(event["id"])}

    def close(self) -> None:
        """There is nothing to close."""
