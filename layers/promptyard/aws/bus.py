"""An event bus of Amazon EventBridge, told of what happens.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
"""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from anyio.to_thread import run_sync

SOURCE = "promptyard"

logger = logging.getLogger("promptyard.events")


class EventBus:
    """Implements `services.ports.prompts.EventPublisher`. `client` is called at the first event; `bus` is a name or an
    ARN."""

    def __init__(self, client: Callable[[], Any], bus: str) -> None:
        self._client = client
        self._bus = bus

    async def publish(self, detail_type: str, detail: Mapping[str, Any]) -> None:
        await run_sync(self._put, detail_type, json.dumps(detail))

    def _put(self, detail_type: str, detail: str) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = self._client().put_events(
                Entries=[{"EventBusName": self._bus, "Source": SOURCE, "DetailType": detail_type, "Detail": detail}]
            )
        except ClientError as error:
            reason = error.response.get("Error", {}).get("Code", "an error")
        except BotoCoreError as error:
            reason = type(error).__name__
        else:
            if not answer["FailedEntryCount"]:
                return
            reason = answer["Entries"][0].get("ErrorCode", "an error")
        logger.warning("not published", extra={"detail_type": detail_type, "reason": reason})
