"""What a fault is, and the answers that faults are made of."""

import random
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from tests.support.faults.wire_forms import Counts, WireForm
from tests.support.servers.fake_upstream import Answer, End, Pause, Step

WORDS = ("one", " two", " three", " four", " five")
TEXT = "".join(WORDS)
COUNTS = Counts(read=21, written=5, of_all=26)
HUGE = 10**40

SUCCEEDED = "succeeded"
REFUSED = frozenset({"provider_error"})
UNREADABLE = frozenset({"provider_malformed"})
RETRIED = frozenset({"deadline"})
"""What is tried again until the time is over may end either way, as slow as the machine is."""
LATE = frozenset({"deadline"})
FINE = frozenset({SUCCEEDED})

Reported = Literal["exact", "unknown", "unsaid"]
"""Of a run that succeeded: its tokens are `COUNTS`; they are not known; or the fault says nothing of them."""


@dataclass(frozen=True, slots=True)
class Fault:
    name: str
    script: Callable[[WireForm, random.Random], Answer]
    outcomes: frozenset[str]
    """`succeeded`, or the code of the error."""
    reported: Reported = "exact"
    whole: bool = True
    """The text of a run that succeeded is all of `TEXT`."""
    lines_only: bool = False
    """It is none where events are no lines."""
    place: Literal["scripted", "refusing", "wrong name", "no tls"] = "scripted"
    """Which of the providers is asked."""


def stream(form: WireForm, *ending: Step, counts: Counts | None = COUNTS, words: Sequence[str] = WORDS) -> Answer:
    """One that begins well, and goes on with `ending`."""
    return body(form, form.opening(counts), *map(form.piece, words), *ending)


def body(form: WireForm, *steps: Step, media_type: str | None = None) -> Answer:
    return Answer(steps, headers={"content-type": media_type or form.media_type})


def fine(form: WireForm, counts: Counts | None = COUNTS) -> Answer:
    return stream(form, *form.finish(counts), counts=counts)


def bytes_of(answer: Answer) -> bytes:
    return b"".join(step for step in answer.steps if isinstance(step, bytes))


def refused(form: WireForm, status: int, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer([form.refusal("No more today")], status, {"content-type": "application/json", **named})


def raw_http(form: WireForm, *headers: str, content: bytes, ending: Sequence[Step] = (End.CUT,)) -> Answer:
    lines = ["HTTP/1.1 200 OK", f"content-type: {form.media_type}", *headers, "", ""]
    return Answer([("\r\n".join(lines)).encode() + content, *ending], raw=True)


def on_and_on(step: bytes, seconds: float = 0.01, times: int = 1000) -> list[Step]:
    return [step, Pause(seconds)] * times


@cache
def gigabyte() -> bytes:
    """A gigabyte of zeros, gzipped to a megabyte."""
    packing = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packing.compress(bytes(1 << 20)) + packing.flush(zlib.Z_FULL_FLUSH)
    end = packing.flush()
    return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff" + block * 1024 + end + struct.pack("<II", 0, 1 << 30)


def part_of(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(1, len(data))]


def dripping(form: WireForm) -> Answer:
    data = bytes_of(fine(form))
    return body(form, *(step for at in range(8) for step in (data[at : at + 1], Pause(1.0))))


def cut_anywhere(end: End) -> Callable[[WireForm, random.Random], Answer]:
    def script(form: WireForm, chance: random.Random) -> Answer:
        data = bytes_of(fine(form))
        return body(form, data[: chance.randrange(len(data))], end)

    return script


def shuffled(form: WireForm, chance: random.Random) -> Answer:
    events = [form.opening(COUNTS), *map(form.piece, WORDS), *form.finish(COUNTS)]
    chance.shuffle(events)
    return body(form, *events)


def scripted(script: Callable[[WireForm], Answer]) -> Callable[[WireForm, random.Random], Answer]:
    return lambda form, _: script(form)


def ends_with(*ending: Callable[[WireForm], Step]) -> Callable[[WireForm, random.Random], Answer]:
    return lambda form, _: stream(form, *(end(form) for end in ending))


def counted(counts: Counts | None) -> Callable[[WireForm, random.Random], Answer]:
    return lambda form, _: fine(form, counts)
