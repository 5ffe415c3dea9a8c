"""What can be wrong with a provider's connection, and with the status that it answers with."""

from tests.support.faults.fault_answers import (
    FINE,
    LATE,
    REFUSED,
    RETRIED,
    UNREADABLE,
    Fault,
    body,
    bytes_of,
    fine,
    on_and_on,
    raw_http,
    refused,
    scripted,
    stream,
)
from tests.support.servers.fake_upstream import Answer, End

CONNECTION_FAULTS = [
    Fault("fine", scripted(fine), FINE),
    Fault("refuses", scripted(fine), REFUSED | RETRIED, place="refusing"),
    Fault("tls with a wrong name", scripted(fine), REFUSED | RETRIED, place="wrong name"),
    Fault("no tls where it is expected", scripted(fine), REFUSED | RETRIED, place="no tls"),
    Fault("cut before headers", scripted(lambda _: Answer([End.CUT], raw=True)), REFUSED | RETRIED),
    Fault("reset before headers", scripted(lambda _: Answer([End.RESET], raw=True)), REFUSED | RETRIED),
    Fault("hang before headers", scripted(lambda _: Answer([End.HANG], raw=True)), LATE),
    Fault("no http", scripted(lambda _: Answer([b"SSH-2.0-OpenSSH_9.9\r\n\r\n"], raw=True)), REFUSED | RETRIED),
    Fault(
        "endless headers",
        scripted(lambda _: Answer([b"HTTP/1.1 200 OK\r\n", *on_and_on(b"x-a: " + b"b" * 4000 + b"\r\n")], raw=True)),
        REFUSED | LATE,
    ),
    Fault(
        "endless interim answers",
        scripted(lambda _: Answer(on_and_on(b"HTTP/1.1 103 Early Hints\r\n\r\n"), raw=True)),
        REFUSED | LATE,
    ),
    Fault("hang after headers", scripted(lambda form: body(form, End.HANG)), LATE),
    Fault("cut after headers", scripted(lambda form: body(form, End.CUT)), UNREADABLE | RETRIED | REFUSED),
    Fault(
        "content-length too large",
        scripted(lambda form: raw_http(form, "content-length: 99999", content=bytes_of(stream(form)))),
        UNREADABLE,
    ),
    Fault(
        "content-length too small",
        scripted(lambda form: raw_http(form, "content-length: 40", content=bytes_of(fine(form)))),
        UNREADABLE | RETRIED,
    ),
    Fault(
        "chunks of no size",
        scripted(lambda form: raw_http(form, "transfer-encoding: chunked", content=b"zz\r\n" + bytes_of(fine(form)))),
        UNREADABLE | REFUSED | RETRIED,
    ),
]

STATUS_FAULTS = [
    Fault("redirect", scripted(lambda form: refused(form, 307, location="http://127.0.0.1:1/")), REFUSED),
    Fault("400", scripted(lambda form: refused(form, 400)), REFUSED),
    Fault("401", scripted(lambda form: refused(form, 401)), frozenset({"provider_auth"})),
    Fault("429", scripted(lambda form: refused(form, 429)), frozenset({"rate_limited"}) | RETRIED),
    Fault(
        "429 with a second's Retry-After",
        scripted(lambda form: refused(form, 429, retry_after="1")),
        frozenset({"rate_limited"}) | RETRIED,
    ),
    Fault(
        "429 with an hour's Retry-After",
        scripted(lambda form: refused(form, 429, retry_after="3600")),
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
    Fault("500 without a body", scripted(lambda _: Answer([], 500)), REFUSED | RETRIED),
    Fault(
        "500 with an endless body",
        scripted(lambda _: Answer(on_and_on(b" " * 4000), 500)),
        REFUSED | RETRIED,
    ),
    Fault(
        "502 with a page",
        scripted(lambda _: Answer([b"<html>Bad gateway"], 502, {"content-type": "text/html"})),
        REFUSED | RETRIED,
    ),
    Fault("503", scripted(lambda form: refused(form, 503)), frozenset({"provider_overloaded"}) | RETRIED),
    Fault("529", scripted(lambda form: refused(form, 529)), frozenset({"provider_overloaded"}) | REFUSED | RETRIED),
    Fault("503 that hangs", scripted(lambda _: Answer([b'{"error"', End.HANG], 503)), LATE),
    Fault("204", scripted(lambda _: Answer([], 204, chunked=False)), UNREADABLE | REFUSED | RETRIED),
]
