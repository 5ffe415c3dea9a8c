"""A FastAPI application as one would write it, for the emulator and for what a framework does on its own."""

import asyncio
import logging
import time

from fastapi import BackgroundTasks, FastAPI, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse


class RequestId:
    """A plain ASGI middleware: Starlette's BaseHTTPMiddleware ends a failing stream as if it were complete."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def send_named(message):
            if message["type"] == "http.response.start":
                request_id = scope["extensions"]["aws.lambda"]["request_id"].encode()
                message = {**message, "headers": [*message["headers"], (b"x-request-id", request_id)]}
            await send(message)

        await self.app(scope, receive, send_named)


app = FastAPI()
app.add_middleware(RequestId)
done: list[str] = []


@app.get("/health")
def health():
    return {"status": "ok"}


@app.post("/echo")
async def echo(request: Request):
    return Response(await request.body(), media_type="application/octet-stream")


@app.get("/events")
def events(count: int = 3, fail_after: int | None = None):
    async def stream():
        for number in range(count):
            if number == fail_after:
                raise ValueError("the model went away " * 1000)
            yield f"data: {number} {time.time_ns()}\n\n"
            await asyncio.sleep(0.005)

    return StreamingResponse(stream(), media_type="text/event-stream")


@app.get("/cookies")
def cookies(response: Response):
    response.set_cookie("session", "abc", httponly=True)
    response.set_cookie("theme", "dark")
    return {}


@app.get("/old")
def old():
    return RedirectResponse("/new", status_code=302)


@app.delete("/thing", status_code=204)
def delete_thing():
    return None


@app.get("/crash")
def crash():
    raise ZeroDivisionError("crashed in the endpoint")


@app.get("/background")
def background(tasks: BackgroundTasks):
    tasks.add_task(done.append, "background")
    return {}


@app.get("/done")
def tell_done():
    return done


@app.get("/log")
def log():
    logging.getLogger("app").warning("a line of the application")
    return {}
