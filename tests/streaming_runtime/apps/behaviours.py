"""An ASGI application whose paths each behave in one way."""

import asyncio
import json
import os
import time

LIFESPANS = {"started": 0}
SEEN = []  # what happened outside an answer, for the next request to tell


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
        return
    name = scope["path"].strip("/").replace("-", "_")
    await globals()[f"on_{name}"](scope, receive, send)


async def lifespan(scope, receive, send):
    assert (await receive())["type"] == "lifespan.startup"
    LIFESPANS["started"] += 1
    scope["state"]["greeting"] = "hello from the lifespan"
    await send({"type": "lifespan.startup.complete"})
    assert (await receive())["type"] == "lifespan.shutdown"
    print("lifespan: shut down", flush=True)
    await send({"type": "lifespan.shutdown.complete"})


async def start(send, status=200, headers=()):
    headers = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def body(send, data=b"", more=False):
    await send({"type": "http.response.body", "body": data, "more_body": more})


async def answer(send, value):
    await start(send, headers=[("content-type", "application/json")])
    await body(send, json.dumps(value).encode())


async def on_plain(scope, receive, send):
    await start(send, headers=[("Content-Type", "text/plain"), ("transfer-encoding", "chunked")])
    await body(send, b"plain")


async def on_scope(scope, receive, send):
    request = await receive()
    extension = scope["extensions"]["aws.lambda"]
    await answer(
        send,
        {
            "method": scope["method"],
            "path": scope["path"],
            "query": scope["query_string"].decode(),
            "headers": [[name.decode(), value.decode()] for name, value in scope["headers"]],
            "client": scope["client"],
            "scheme": scope["scheme"],
            "asgi": scope["asgi"],
            "state": scope["state"],
            "body": list(request["body"]),
            "more_body": request["more_body"],
            "lambda": {name: extension[name] for name in ("request_id", "trace_id", "deadline_ms", "disconnect_ms")},
            "event_path": extension["event"]["path"],
            "context": [
                extension["context"].aws_request_id,
                extension["context"].function_name,
                extension["context"].tenant_id,
                extension["context"].get_remaining_time_in_millis(),
            ],
            "mangum": scope["aws.context"].aws_request_id,
            "trace_variable": os.environ.get("_X_AMZN_TRACE_ID"),
            "lifespans": LIFESPANS["started"],
        },
    )
    scope["state"]["of"] = "this request alone"


async def on_echo(scope, receive, send):
    await start(send, headers=[("content-type", "application/octet-stream")])
    await body(send, (await receive())["body"])


async def on_headers(scope, receive, send):
    repeated = [("x-many", "1"), ("X-Many", "2"), ("set-cookie", "a=1; Path=/"), ("set-cookie", "b=2")]
    await start(send, 201, [("x-one", "é"), *repeated])
    await body(send, b"ok")


async def on_large_headers(scope, receive, send):
    await start(send, headers=[("x-large", "x" * 20_000)])
    await body(send, b"never")


async def on_split_header(scope, receive, send):
    await start(send, headers=[("x-one", "1\r\nset-cookie: planted=1")])
    await body(send, b"never")


async def on_odd_header_name(scope, receive, send):
    await start(send, headers=[("x one: planted", "1")])
    await body(send, b"never")


async def on_odd_status(scope, receive, send):
    await start(send, 99)
    await body(send, b"never")


async def on_at_once(scope, receive, send):
    """Ten tasks that each begin an answer, add to it, and one that ends it."""
    starting = [start(send, headers=[("x-number", str(number))]) for number in range(10)]
    outcomes = await asyncio.gather(*starting, return_exceptions=True)
    SEEN.extend(type(outcome).__name__ for outcome in outcomes if outcome is not None)
    await asyncio.gather(*(body(send, b"%d " % number, more=True) for number in range(9)))
    await asyncio.gather(body(send), body(send), return_exceptions=True)


async def on_pause(scope, receive, send):
    await start(send)
    await body(send, b"one", more=True)
    await asyncio.sleep(0.5)
    await body(send, b"two", more=True)
    await asyncio.sleep(0.5)
    await body(send, b"three")


async def on_ticks(scope, receive, send):
    """200 events, 5 ms apart, each of them the time it was sent at."""
    await start(send, headers=[("content-type", "text/event-stream")])
    for _ in range(200):
        await body(send, b"data: %d\n\n" % time.time_ns(), more=True)
        await asyncio.sleep(0.005)
    await body(send)


async def on_flush(scope, receive, send):
    """An empty chunk sends the head; it must not end the answer."""
    await start(send)
    await body(send, more=True)
    await asyncio.sleep(0.3)
    await body(send, b"late", more=True)
    await body(send, b"")


async def on_status(scope, receive, send):
    """Answers without a body, with the status that the query names."""
    await start(send, int(scope["query_string"].decode().removeprefix("code=")), [("location", "/elsewhere")])
    await body(send)


async def on_fail_early(scope, receive, send):
    raise ValueError("before anything")


async def on_fail_before_body(scope, receive, send):
    await start(send)
    raise ValueError("before the body")


async def on_fail_late(scope, receive, send):
    await start(send)
    await body(send, b"partial", more=True)
    raise ValueError("mitten in der Antwort: ü")


class LargeError(Exception):
    pass


async def on_fail_large(scope, receive, send):
    await start(send)
    await body(send, b"partial", more=True)
    raise LargeError("ü" * 100_000)


class MuteError(Exception):
    def __str__(self):
        raise RuntimeError("cannot be shown")


async def on_fail_mute(scope, receive, send):
    raise MuteError


async def on_fail_after(scope, receive, send):
    await start(send, 500)
    await body(send, b"Internal Server Error")
    raise ValueError("raised again after the answer, as Starlette does")


async def on_nothing(scope, receive, send):
    pass


async def on_half(scope, receive, send):
    await start(send)
    await body(send, b"half", more=True)


async def on_out_of_order(scope, receive, send):
    try:
        await body(send, b"no start")
    except RuntimeError:
        await start(send)
    try:
        await start(send)
    except RuntimeError:
        await body(send, b"both refused")


async def on_after_the_end(scope, receive, send):
    """What `receive` and `send` do once the answer is complete."""
    await receive()
    await answer(send, "done")
    SEEN.append((await receive())["type"])
    try:
        await body(send, b"more")
    except RuntimeError:
        SEEN.append("RuntimeError")


async def on_background(scope, receive, send):
    await answer(send, "done")
    await asyncio.sleep(0.3)
    SEEN.append("background work")


async def on_seen(scope, receive, send):
    seen = list(SEEN)
    SEEN.clear()
    await answer(send, seen)


async def on_last_words(scope, receive, send):
    """Ends its stream when it is told that its time is over."""
    await receive()
    await start(send)
    await body(send, b"first ", more=True)
    assert (await receive())["type"] == "http.disconnect"
    await body(send, b"last words")


async def on_endless(scope, receive, send):
    """Does not heed the disconnect; is cancelled."""
    await start(send)
    await body(send, b"first", more=True)
    try:
        await asyncio.sleep(3_600)
    except asyncio.CancelledError:
        SEEN.append("cancelled")
        raise


async def on_endless_early(scope, receive, send):
    await asyncio.sleep(3_600)


async def on_stubborn(scope, receive, send):
    """Does not even heed its cancellation."""
    await start(send)
    await body(send, b"first", more=True)
    while "http.response closed" not in SEEN:
        try:
            await asyncio.sleep(0.05)
            await body(send, b".", more=True)
        except asyncio.CancelledError:
            SEEN.append("cancelled")
        except OSError:
            SEEN.append("http.response closed")


async def on_stubborn_early(scope, receive, send):
    """Begins to answer when the runtime has long answered for it."""
    while True:
        try:
            await asyncio.sleep(0.5)
        except asyncio.CancelledError:
            break
    await asyncio.sleep(0.3)
    try:
        await answer(send, "too late")
    except OSError:
        SEEN.append("http.response closed")


async def on_pour(scope, receive, send):
    """Sends until it cannot."""
    await start(send)
    try:
        while True:
            await body(send, b"x" * 1000, more=True)
            await asyncio.sleep(0.01)
    except OSError:
        SEEN.append("OSError")
        SEEN.append((await receive())["type"])
