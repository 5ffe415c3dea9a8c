"""What a request that came through Lambda waits for when it has answered: its process stands still then."""

from typing import Any

import pytest
from starlette.types import Message

from promptyard.api.app import create_app
from promptyard.domain.runs.trace_context import TraceParent, trace_parent

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


class Provided:
    def __init__(self, sent: list[Message]) -> None:
        self.rested_after: list[str] = []
        self._sent = sent

    async def rest(self) -> None:
        self.rested_after = [message["type"] for message in self._sent]


async def ask(**scope: Any) -> tuple[Provided, TraceParent | None]:
    """What was provided, and the trace that the route saw."""
    sent: list[Message] = []
    provided: Any = Provided(sent)
    app = create_app(provide=lambda: provided)
    seen: list[TraceParent | None] = []

    @app.get("/asks")
    async def asks() -> None:
        app.state.provided()
        seen.append(trace_parent.get())

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    request = {"type": "http", "method": "GET", "path": "/asks", "query_string": b"", "headers": [], **scope}
    await app(request, receive, send)
    return provided, seen[0]


@pytest.mark.parametrize(
    ("scope", "rests"),
    [({}, False), ({"extensions": {"aws.lambda": {"request_id": "r"}}}, True)],
    ids=["a server of its own", "Lambda"],
)
async def test_it_rests_when_the_answer_is_out(scope: dict[str, Any], rests: bool) -> None:
    provided, _ = await ask(**scope)
    assert provided.rested_after == (["http.response.start", "http.response.body"] if rests else [])


async def test_what_a_request_begins_is_of_its_trace() -> None:
    headers = [(b"traceparent", f"00-{TRACE}-{SPAN}-01".encode()), (b"tracestate", b"a=1"), (b"tracestate", b"b=2")]
    _, seen = await ask(headers=headers)
    assert seen == TraceParent(TRACE, SPAN, 1, "a=1,b=2")
    _, seen = await ask()
    assert seen is None
    _, seen = await ask(headers=[(b"traceparent", b"garbage")])
    assert seen is None
