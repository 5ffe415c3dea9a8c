"""What can be wrong with a provider's whole answer: its type, its encoding, an object where a stream was asked for."""

from tests.support.faults.fault_answers import (
    COUNTS,
    FINE,
    LATE,
    REFUSED,
    RETRIED,
    TEXT,
    UNREADABLE,
    Fault,
    body,
    fine,
    gigabyte,
    on_and_on,
    part_of,
    scripted,
    stream,
)
from tests.support.servers.fake_upstream import Answer, End

BODY_FAULTS = [
    Fault("nothing", scripted(body), UNREADABLE | RETRIED),
    Fault("a page", scripted(lambda form: body(form, b"<!doctype html>", media_type="text/html")), UNREADABLE),
    Fault("a page as a stream", scripted(lambda form: body(form, b"<!doctype html><p>Hi</p>")), UNREADABLE | RETRIED),
    Fault(
        "200 with an error",
        scripted(lambda form: body(form, form.refusal("No more today"), media_type="application/json")),
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
        scripted(
            lambda form: Answer([gigabyte()], headers={"content-type": form.media_type, "content-encoding": "gzip"})
        ),
        UNREADABLE | RETRIED,
    ),
    Fault("gzip that is not said", scripted(lambda form: body(form, gigabyte()[:100_000])), UNREADABLE | RETRIED),
    Fault(
        "an endless line",
        scripted(lambda form: stream(form, form.endless, *on_and_on(b"x" * 4000))),
        UNREADABLE | LATE,
    ),
    Fault(
        "wrong media type",
        scripted(lambda form: body(form, *fine(form).steps, media_type="text/plain")),
        FINE,
        lines_only=True,
    ),
]

OBJECT_FAULTS = [
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
            lambda form, chance: [part_of(form.whole(TEXT, COUNTS), chance), End.CUT],
            UNREADABLE | RETRIED,
            "exact",
        ),
        (" that hangs", lambda form, chance: [part_of(form.whole(TEXT, COUNTS), chance), End.HANG], LATE, "exact"),
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
