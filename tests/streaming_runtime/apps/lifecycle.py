"""Applications for the tests of an environment's beginning and end. What they print tells the order of things."""

import os
import random

from mangum import Mangum
from snapshot_restore_py import register_after_restore, register_before_snapshot

random.seed(1)
not_an_application = 42


def say(text):
    print(f"order: {text}", flush=True)


@register_before_snapshot
def before_snapshot():
    say("before snapshot")
    if os.environ.get("FAIL") == "before snapshot":
        raise ValueError("the hook before the snapshot")


@register_after_restore
def after_restore():
    say("after restore")
    if os.environ.get("FAIL") == "after restore":
        raise ValueError("the hook after the restore")


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(random.random()).encode()})


async def lifespan(receive, send):
    await receive()
    say("lifespan startup")
    if os.environ.get("FAIL") == "lifespan":
        await send({"type": "lifespan.startup.failed", "message": "no database"})
        return
    await send({"type": "lifespan.startup.complete"})
    await receive()
    say("lifespan shutdown")
    await send({"type": "lifespan.shutdown.complete"})


async def without_lifespan(scope, receive, send):
    assert scope["type"] == "http"
    await app(scope, receive, send)


handler = Mangum(app, lifespan="off")


def buffered_handler(event, context):
    return {"statusCode": 200, "body": f"buffered {event['path']} {context.aws_request_id}"}
