"""What stands in the queue of benchmarks: each message is one piece of work, and doing it twice does it once."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from promptyard.domain.deferred import FrozenModel
from promptyard.domain.errors import InvalidRequest

OBJECT_CREATED = "Object Created"
S3_SOURCE = "aws.s3"
"""By both of these an event says that S3 has an object:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html"""


class BenchmarkMessage(FrozenModel):
    tenant: str
    """Also its group in the queue: no tenant's many messages delay another's few."""


class PlanMessage(BenchmarkMessage):
    """Send the cells of a benchmark run from a number on, some hundreds at a time, then the next such message."""

    kind: Literal["plan"] = "plan"
    benchmark_run_id: str
    first: int = 0
    """The number of the first cell (`cells.Cell.number`)."""
    round: int = 0
    """How often the run was resumed: what an earlier round has left in the queue is planned no more."""


class CellMessage(BenchmarkMessage):
    """Run one row in one column, once."""

    kind: Literal["cell"] = "cell"
    benchmark_run_id: str
    number: int
    """Which cell (`cells.Cell.number`)."""
    attempt: int = 0
    """Each attempt is a run with an id of its own."""
    spent_usd: Decimal = Decimal(0)
    """What earlier attempts were charged."""
    crashes: int = 0
    """How often something went wrong that nobody expected."""


class FinishMessage(BenchmarkMessage):
    """All cells are there: report, gates, status, and who is told of it."""

    kind: Literal["finish"] = "finish"
    benchmark_run_id: str


class EventMessage(BenchmarkMessage):
    """An event of EventBridge, as its rule puts it into the queue. `tenant` is empty: the event names none."""

    kind: Literal["event"] = "event"
    tenant: str = ""
    id: str
    """The same event has the same id, however often it comes."""
    source: str
    detail_type: str
    detail: dict[str, Any]


class WebhookMessage(BenchmarkMessage):
    """Tell a benchmark's webhook that a run has ended."""

    kind: Literal["webhook"] = "webhook"
    benchmark_run_id: str
    attempt: int = 0
    due_at: datetime | None = None
    """Not before: a pause may be longer than a queue can hold a message back."""


Message = PlanMessage | CellMessage | FinishMessage | EventMessage | WebhookMessage

_MESSAGES: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="kind")])


def text_of(message: Message) -> str:
    """As it stands in the queue."""
    return message.model_dump_json(exclude_defaults=False)


def read_message(text: str) -> Message:
    """What `text_of` was given, or an event as EventBridge writes it
    (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html). Raises InvalidRequest."""
    try:
        body = json.loads(text)
        if isinstance(body, dict) and "detail-type" in body:
            return EventMessage(
                id=body.get("id", ""),
                source=body.get("source", ""),
                detail_type=body["detail-type"],
                detail=body.get("detail", {}),
            )
        return _MESSAGES.validate_python(body)
    except (ValueError, ValidationError):
        raise InvalidRequest("The message in the queue is none of ours", kind="message") from None
