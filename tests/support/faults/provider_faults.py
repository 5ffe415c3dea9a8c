"""What can be wrong with a provider's answer, the same for every wire: each fault with what may become of a run.

A request names its fault in its prompt (`prompt_of`), so that one rule of `FakeUpstream` answers all of them.
"""

import random
import re
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from tests.support.faults.wire_forms import FORMS, Counts, WireForm
from tests.support.servers.fake_upstream import NOT_SCRIPTED, Answer, End, FakeUpstream, Pause, Received, Step

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


def prompt_of(fault: str, number: int) -> str:
    return f"fault <{fault}> number {number}"


def answer_faults(upstream: FakeUpstream) -> None:
    """Each request is answered by the fault that it names."""
    upstream.answer(_answer)


def _answer(request: Received) -> Answer:
    form = next((form for form in FORMS.values() if form.path in request.path), None)
    named = re.search(rb"fault <([^>]*)> number (\d+)", request.body)
    if form is None or named is None:
        return NOT_SCRIPTED
    name, number = named[1].decode(), int(named[2])
    fault = FAULTS[name]
    return fault.script(form, random.Random(f"{form.name} {name} {number}"))


# --- answers


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


def _part_of(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(1, len(data))]


def _dripping(form: WireForm) -> Answer:
    data = bytes_of(fine(form))
    return body(form, *(step for at in range(8) for step in (data[at : at + 1], Pause(1.0))))


def _cut(end: End) -> Callable[[WireForm, random.Random], Answer]:
    def script(form: WireForm, chance: random.Random) -> Answer:
        data = bytes_of(fine(form))
        return body(form, data[: chance.randrange(len(data))], end)

    return script


def _shuffled(form: WireForm, chance: random.Random) -> Answer:
    events = [form.opening(COUNTS), *map(form.piece, WORDS), *form.finish(COUNTS)]
    chance.shuffle(events)
    return body(form, *events)


def _scripted(script: Callable[[WireForm], Answer]) -> Callable[[WireForm, random.Random], Answer]:
    return lambda form, _: script(form)


def _ends(*ending: Callable[[WireForm], Step]) -> Callable[[WireForm, random.Random], Answer]:
    return lambda form, _: stream(form, *(end(form) for end in ending))


def _counted(counts: Counts | None) -> Callable[[WireForm, random.Random], Answer]:
    return lambda form, _: fine(form, counts)


# --- all of them

_CONNECTION = [
    Fault("fine", _scripted(fine), FINE),
    Fault("refuses", _scripted(fine), REFUSED | RETRIED, place="refusing"),
    Fault("tls with a wrong name", _scripted(fine), REFUSED | RETRIED, place="wrong name"),
    Fault("no tls where it is expected", _scripted(fine), REFUSED | RETRIED, place="no tls"),
    Fault("cut before headers", _scripted(lambda _: Answer([End.CUT], raw=True)), REFUSED | RETRIED),
    Fault("reset before headers", _scripted(lambda _: Answer([End.RESET], raw=True)), REFUSED | RETRIED),
    Fault("hang before headers", _scripted(lambda _: Answer([End.HANG], raw=True)), LATE),
    Fault("no http", _scripted(lambda _: Answer([b"SSH-2.0-OpenSSH_9.9\r\n\r\n"], raw=True)), REFUSED | RETRIED),
    Fault(
        "endless headers",
        _scripted(lambda _: Answer([b"HTTP/1.1 200 OK\r\n", *on_and_on(b"x-a: " + b"b" * 4000 + b"\r\n")], raw=True)),
        REFUSED | LATE,
    ),
    Fault(
        "endless interim answers",
        _scripted(lambda _: Answer(on_and_on(b"HTTP/1.1 103 Early Hints\r\n\r\n"), raw=True)),
        REFUSED | LATE,
    ),
    Fault("hang after headers", _scripted(lambda form: body(form, End.HANG)), LATE),
    Fault("cut after headers", _scripted(lambda form: body(form, End.CUT)), UNREADABLE | RETRIED | REFUSED),
    Fault(
        "content-length too large",
        _scripted(lambda form: raw_http(form, "content-length: 99999", content=bytes_of(stream(form)))),
        UNREADABLE,
    ),
    Fault(
        "content-length too small",
        _scripted(lambda form: raw_http(form, "content-length: 40", content=bytes_of(fine(form)))),
        UNREADABLE | RETRIED,
    ),
    Fault(
        "chunks of no size",
        _scripted(lambda form: raw_http(form, "transfer-encoding: chunked", content=b"zz\r\n" + bytes_of(fine(form)))),
        UNREADABLE | REFUSED | RETRIED,
    ),
]

_STATUS = [
    Fault("redirect", _scripted(lambda form: refused(form, 307, location="http://127.0.0.1:1/")), REFUSED),
    Fault("400", _scripted(lambda form: refused(form, 400)), REFUSED),
    Fault("401", _scripted(lambda form: refused(form, 401)), frozenset({"provider_auth"})),
    Fault("429", _scripted(lambda form: refused(form, 429)), frozenset({"rate_limited"}) | RETRIED),
    Fault(
        "429 with a second's Retry-After",
        _scripted(lambda form: refused(form, 429, retry_after="1")),
        frozenset({"rate_limited"}) | RETRIED,
    ),
    Fault(
        "429 with an hour's Retry-After",
        _scripted(lambda form: refused(form, 429, retry_after="3600")),
        frozenset({"rate_limited"}),
    ),
    *(
        Fault(
            f"429 with the Retry-After {value}",
            lambda form, _, value=value: refused(form, 429, retry_after=value),  # type: ignore[misc]
            frozenset({"rate_limited"}) | RETRIED,
        )
        for value in ("-5", "NaN", "1e999", "soon", "Thu, 01 Jan 1970 00:00:00 GMT", "9" * 400)
    ),
    Fault("500 without a body", _scripted(lambda _: Answer([], 500)), REFUSED | RETRIED),
    Fault(
        "500 with an endless body",
        _scripted(lambda _: Answer(on_and_on(b" " * 4000), 500)),
        REFUSED | RETRIED,
    ),
    Fault(
        "502 with a page",
        _scripted(lambda _: Answer([b"<html>Bad gateway"], 502, {"content-type": "text/html"})),
        REFUSED | RETRIED,
    ),
    Fault("503", _scripted(lambda form: refused(form, 503)), frozenset({"provider_overloaded"}) | RETRIED),
    Fault("529", _scripted(lambda form: refused(form, 529)), frozenset({"provider_overloaded"}) | REFUSED | RETRIED),
    Fault("503 that hangs", _scripted(lambda _: Answer([b'{"error"', End.HANG], 503)), LATE),
    Fault("204", _scripted(lambda _: Answer([], 204, chunked=False)), UNREADABLE | REFUSED | RETRIED),
]

_BODY = [
    Fault("nothing", _scripted(body), UNREADABLE | RETRIED),
    Fault("a page", _scripted(lambda form: body(form, b"<!doctype html>", media_type="text/html")), UNREADABLE),
    Fault("a page as a stream", _scripted(lambda form: body(form, b"<!doctype html><p>Hi</p>")), UNREADABLE | RETRIED),
    Fault(
        "200 with an error",
        _scripted(lambda form: body(form, form.refusal("No more today"), media_type="application/json")),
        UNREADABLE | REFUSED | RETRIED | frozenset({"provider_overloaded"}),
    ),
    *(
        Fault(
            f"200 with {text}",
            lambda form, _, text=text: body(form, text.encode(), media_type="application/json"),  # type: ignore[misc]
            UNREADABLE | RETRIED,
        )
        for text in ("null", "[]", "{}", "7", "{", "[" * 5000)
    ),
    Fault(
        "a gigabyte of zeros, gzipped",
        _scripted(
            lambda form: Answer([gigabyte()], headers={"content-type": form.media_type, "content-encoding": "gzip"})
        ),
        UNREADABLE | RETRIED,
    ),
    Fault("gzip that is not said", _scripted(lambda form: body(form, gigabyte()[:100_000])), UNREADABLE | RETRIED),
    Fault(
        "an endless line",
        _scripted(lambda form: stream(form, form.endless, *on_and_on(b"x" * 4000))),
        UNREADABLE | LATE,
    ),
    Fault(
        "wrong media type",
        _scripted(lambda form: body(form, *fine(form).steps, media_type="text/plain")),
        FINE,
        lines_only=True,
    ),
]

_OBJECT = [
    Fault(
        f"one object{name}",
        lambda form, chance, steps=steps: body(form, *steps(form, chance), media_type="application/json"),  # type: ignore[misc]
        outcomes,
        reported,
        lines_only=True,
    )
    for name, steps, outcomes, reported in (
        ("", lambda form, _: [form.whole(TEXT, COUNTS)], FINE, "exact"),
        (" without counts", lambda form, _: [form.whole(TEXT, None)], FINE, "unknown"),
        (
            " that is cut",
            lambda form, chance: [_part_of(form.whole(TEXT, COUNTS), chance), End.CUT],
            UNREADABLE | RETRIED,
            "exact",
        ),
        (" that hangs", lambda form, chance: [_part_of(form.whole(TEXT, COUNTS), chance), End.HANG], LATE, "exact"),
        (" and a hang", lambda form, _: [form.whole(TEXT, COUNTS), End.HANG], FINE, "exact"),
        (" and a reset", lambda form, _: [form.whole(TEXT, COUNTS), End.RESET], FINE, "exact"),
        (
            " and something else",
            lambda form, _: [form.whole(TEXT, COUNTS), b"<html>"],
            FINE | UNREADABLE | RETRIED,
            "exact",
        ),
    )
]

_STREAM = [
    Fault("a byte a second", _scripted(_dripping), LATE),
    Fault("cut anywhere", _cut(End.CUT), FINE | UNREADABLE | REFUSED | RETRIED, reported="unsaid"),
    Fault("reset anywhere", _cut(End.RESET), FINE | UNREADABLE | REFUSED | RETRIED, reported="unsaid"),
    Fault("hang anywhere", _cut(End.HANG), FINE | LATE | UNREADABLE | REFUSED, reported="unsaid"),
    Fault("cut mid-stream", _ends(lambda _: End.CUT), UNREADABLE),
    Fault("reset mid-stream", _ends(lambda _: End.RESET), UNREADABLE),
    Fault("hang mid-stream", _ends(lambda _: End.HANG), LATE),
    Fault("no terminal event", _ends(), UNREADABLE),
    Fault(
        "an error mid-stream",
        _ends(lambda form: form.failed("Sorry")),
        UNREADABLE | REFUSED | frozenset({"provider_overloaded"}),
    ),
    Fault("an event that cannot be read", _ends(lambda form: form.unreadable), UNREADABLE),
    Fault(
        "events of no known kind",
        _scripted(lambda form: body(form, *[form.unknown] * 50)),
        UNREADABLE | RETRIED,
    ),
    Fault(
        "known events among others",
        _scripted(
            lambda form: body(
                form,
                form.opening(COUNTS),
                *(step for word in WORDS for step in (form.unknown, form.piece(word))),
                *form.finish(COUNTS),
            )
        ),
        FINE,
    ),
    Fault("endless pings", _scripted(lambda form: stream(form, *on_and_on(b": ping\n\n"))), LATE, lines_only=True),
    Fault("endless text", _scripted(lambda form: stream(form, *on_and_on(form.piece(" more") * 20))), LATE),
    Fault("endless unknown events", _scripted(lambda form: stream(form, *on_and_on(form.unknown * 20))), LATE),
    Fault(
        "invalid utf-8",
        _scripted(lambda form: stream(form, form.raw_text(b" \xff\xfe\xc3"), *form.finish(COUNTS))),
        FINE | UNREADABLE,
        whole=False,
    ),
    Fault(
        "half a surrogate",
        _scripted(lambda form: stream(form, form.raw_text(rb" \ud83d"), *form.finish(COUNTS))),
        FINE | UNREADABLE,
        whole=False,
    ),
    Fault(
        "NULs",
        _scripted(lambda form: stream(form, form.piece(" \0\0"), *form.finish(COUNTS))),
        FINE,
        whole=False,
    ),
    Fault(
        "NULs between events",
        _scripted(lambda form: stream(form, b"\0\0\0\n\n", *form.finish(COUNTS))),
        FINE | UNREADABLE,
    ),
    Fault("events in any order", _shuffled, FINE | UNREADABLE, reported="unsaid", whole=False),
    Fault("endless nesting", _ends(lambda form: form.raw_text(b'"}' + b'{"a":[' * 3000)), UNREADABLE),
]

_ENDING = [
    Fault("usage missing", _counted(None), FINE, "unknown"),
    Fault("usage negative", _counted(Counts(-21, -5, -26)), FINE, "unknown"),
    Fault("usage of nothing", _counted(Counts(0, 0, 0)), FINE, "unknown"),
    Fault("usage huge", _counted(Counts(HUGE, HUGE, 2 * HUGE)), FINE, "unknown"),
    Fault("usage in words", _counted(Counts("many", [1], {})), FINE, "unknown"),
    Fault("usage in fractions", _counted(Counts(21.5, 5.5, 27)), FINE, "unsaid"),
    Fault("usage contradicting", _counted(Counts(21, 5, 3, cached=999)), FINE, "unsaid"),
    Fault(
        "terminal event three times",
        _scripted(lambda form: stream(form, *form.finish(COUNTS), *[form.finish(COUNTS)[-1]] * 2)),
        FINE,
    ),
    Fault(
        "the whole end three times",
        _scripted(lambda form: stream(form, *[*form.finish(COUNTS)] * 3)),
        FINE,
    ),
    Fault("hang after the end", _scripted(lambda form: stream(form, *form.finish(COUNTS), End.HANG)), FINE),
    Fault("reset after the end", _scripted(lambda form: stream(form, *form.finish(COUNTS), End.RESET)), FINE),
    Fault(
        "pings after the end",
        _scripted(lambda form: stream(form, *form.finish(COUNTS), *on_and_on(b": ping\n\n"))),
        FINE,
        lines_only=True,
    ),
    Fault(
        "what cannot be read after the end",
        _scripted(lambda form: stream(form, *form.finish(COUNTS), form.unreadable)),
        FINE | UNREADABLE,
    ),
    Fault(
        "a page after the end",
        _scripted(lambda form: stream(form, *form.finish(COUNTS), b"<html>Hello</html>\n")),
        FINE,
        lines_only=True,
    ),
]

FAULTS: Mapping[str, Fault] = {
    fault.name: fault for fault in (*_CONNECTION, *_STATUS, *_BODY, *_OBJECT, *_STREAM, *_ENDING)
}


def faults_of(form: WireForm) -> list[Fault]:
    return [fault for fault in FAULTS.values() if form.splits or not fault.lines_only]
