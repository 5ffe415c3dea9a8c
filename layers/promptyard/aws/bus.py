"""An event bus of Amazon EventBridge, told of what happens.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
"""

import json
import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from promptyard.aws.calls import call
from promptyard.aws.failures import Failure

SOURCE = "promptyard"

logger = logging.getLogger("promptyard.events")


class EventBus:
    """Implements `services.ports.prompts.EventPublisher`. `client` is called at the first event; `bus` is a name or an
    ARN."""

    def __init__(self, client: Callable[[], Any], bus: str) -> None:
        self._client = client
        self._bus = bus

    async def publish(self, detail_type: str, detail: Mapping[str, Any]) -> None:
        try:
            await call(partial(self._put, detail_type, json.dumps(detail)), _refused)
        except _NotPublished as refused:
            logger.warning("not published", extra={"detail_type": detail_type, "reason": refused.reason})

    def _put(self, detail_type: str, detail: str) -> None:
        answer = self._client().put_events(
            Entries=[{"EventBusName": self._bus, "Source": SOURCE, "DetailType": detail_type, "Detail": detail}]
        )
        if answer["FailedEntryCount"]:
            raise _NotPublished(answer["Entries"][0].get("ErrorCode", "an error"))


class _NotPublished(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _refused(failure: Failure) -> _NotPublished:
    return _NotPublished(failure.code)
