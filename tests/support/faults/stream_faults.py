"""What can be wrong within a provider's stream, and at its end."""

from tests.support.faults.fault_answers import (
    COUNTS,
    FINE,
    HUGE,
    LATE,
    REFUSED,
    RETRIED,
    UNREADABLE,
    WORDS,
    Fault,
    body,
    counted,
    cut_anywhere,
    dripping,
    ends_with,
    on_and_on,
    scripted,
    shuffled,
    stream,
)
from tests.support.faults.wire_forms import Counts
from tests.support.servers.fake_upstream import End

STREAM_FAULTS = [
    Fault("a byte a second", scripted(dripping), LATE),
    Fault("cut anywhere", cut_anywhere(End.CUT), FINE | UNREADABLE | REFUSED | RETRIED, reported="unsaid"),
    Fault("reset anywhere", cut_anywhere(End.RESET), FINE | UNREADABLE | REFUSED | RETRIED, reported="unsaid"),
    Fault("hang anywhere", cut_anywhere(End.HANG), FINE | LATE | UNREADABLE | REFUSED, reported="unsaid"),
    Fault("cut mid-stream", ends_with(lambda _: End.CUT), UNREADABLE),
    Fault("reset mid-stream", ends_with(lambda _: End.RESET), UNREADABLE),
    Fault("hang mid-stream", ends_with(lambda _: End.HANG), LATE),
    Fault("no terminal event", ends_with(), UNREADABLE),
    Fault(
        "an error mid-stream",
        ends_with(lambda form: form.failed("Sorry")),
        UNREADABLE | REFUSED | frozenset({"provider_overloaded"}),
    ),
    Fault("an event that cannot be read", ends_with(lambda form: form.unreadable), UNREADABLE),
    Fault(
        "events of no known kind",
        scripted(lambda form: body(form, *[form.unknown] * 50)),
        UNREADABLE | RETRIED,
    ),
    Fault(
        "known events among others",
        scripted(
            lambda form: body(
                form,
                form.opening(COUNTS),
                *(step for word in WORDS for step in (form.unknown, form.piece(word))),
                *form.finish(COUNTS),
            )
        ),
        FINE,
    ),
    Fault("endless pings", scripted(lambda form: stream(form, *on_and_on(b": ping\n\n"))), LATE, lines_only=True),
    Fault("endless text", scripted(lambda form: stream(form, *on_and_on(form.piece(" more") * 20))), LATE),
    Fault("endless unknown events", scripted(lambda form: stream(form, *on_and_on(form.unknown * 20))), LATE),
    Fault(
        "invalid utf-8",
        scripted(lambda form: stream(form, form.raw_text(b" \xff\xfe\xc3"), *form.finish(COUNTS))),
        FINE | UNREADABLE,
        whole=False,
    ),
    Fault(
        "half a surrogate",
        scripted(lambda form: stream(form, form.raw_text(rb" \ud83d"), *form.finish(COUNTS))),
        FINE | UNREADABLE,
        whole=False,
    ),
    Fault(
        "NULs",
        scripted(lambda form: stream(form, form.piece(" \0\0"), *form.finish(COUNTS))),
        FINE,
        whole=False,
    ),
    Fault(
        "NULs between events",
        scripted(lambda form: stream(form, b"\0\0\0\n\n", *form.finish(COUNTS))),
        FINE | UNREADABLE,
    ),
    Fault("events in any order", shuffled, FINE | UNREADABLE, reported="unsaid", whole=False),
    Fault("endless nesting", ends_with(lambda form: form.raw_text(b'"}' + b'{"a":[' * 3000)), UNREADABLE),
]

ENDING_FAULTS = [
    Fault("usage missing", counted(None), FINE, "unknown"),
    Fault("usage negative", counted(Counts(-21, -5, -26)), FINE, "unknown"),
    Fault("usage of nothing", counted(Counts(0, 0, 0)), FINE, "unknown"),
    Fault("usage huge", counted(Counts(HUGE, HUGE, 2 * HUGE)), FINE, "unknown"),
    Fault("usage in words", counted(Counts("many", [1], {})), FINE, "unknown"),
    Fault("usage in fractions", counted(Counts(21.5, 5.5, 27)), FINE, "unsaid"),
    Fault("usage contradicting", counted(Counts(21, 5, 3, cached=999)), FINE, "unsaid"),
    Fault(
        "terminal event three times",
        scripted(lambda form: stream(form, *form.finish(COUNTS), *[form.finish(COUNTS)[-1]] * 2)),
        FINE,
    ),
    Fault(
        "the whole end three times",
        scripted(lambda form: stream(form, *[*form.finish(COUNTS)] * 3)),
        FINE,
    ),
    Fault("hang after the end", scripted(lambda form: stream(form, *form.finish(COUNTS), End.HANG)), FINE),
    Fault("reset after the end", scripted(lambda form: stream(form, *form.finish(COUNTS), End.RESET)), FINE),
    Fault(
        "pings after the end",
        scripted(lambda form: stream(form, *form.finish(COUNTS), *on_and_on(b": ping\n\n"))),
        FINE,
        lines_only=True,
    ),
    Fault(
        "what cannot be read after the end",
        scripted(lambda form: stream(form, *form.finish(COUNTS), form.unreadable)),
        FINE | UNREADABLE,
    ),
    Fault(
        "a page after the end",
        scripted(lambda form: stream(form, *form.finish(COUNTS), b"<html>Hello</html>\n")),
        FINE,
        lines_only=True,
    ),
]
