"""The trace that a request is a part of, as its headers tell it: https://www.w3.org/TR/trace-context/."""

import re
from contextvars import ContextVar
from dataclasses import dataclass

MAX_STATE_CHARACTERS = 512
"""Of `tracestate`: a longer one is left out, as the specification allows."""

_PARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[\x21-\x7e]*)?")
_STATE = re.compile(r"[\x20-\x7e]*")


@dataclass(frozen=True, slots=True)
class TraceParent:
    """Ids in lower-case hexadecimal digits: 32 of the trace, 16 of the span that the request was sent from."""

    trace_id: str
    span_id: str
    flags: int = 0
    state: str = ""
    """The vendors' own, as it came."""


trace_parent: ContextVar[TraceParent | None] = ContextVar("trace_parent", default=None)
"""The request's. Whatever is begun for the request has it, too."""


def parse_trace_parent(header: str, state: str = "") -> TraceParent | None:
    """None for a header that is none, by which the request is a trace of its own."""
    found = _PARENT.fullmatch(header.strip())
    if found is None:
        return None
    version, trace_id, span_id, flags, more = found.groups()
    if version == "ff" or (version == "00" and more) or not int(trace_id, 16) or not int(span_id, 16):
        return None
    fits = len(state) <= MAX_STATE_CHARACTERS and _STATE.fullmatch(state) is not None
    return TraceParent(trace_id, span_id, int(flags, 16), state if fits else "")
