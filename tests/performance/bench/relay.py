"""The yardstick: the least that a Python program between a client and a provider is. A FastAPI route that hands the
request's body to httpx and the answer's bytes back, and does nothing else with them.

    PROVIDER_URL=… python -m uvicorn tests.performance.bench.relay:app
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from starlette.background import BackgroundTask

limits = httpx.Limits(max_connections=None, max_keepalive_connections=100)
client = httpx.AsyncClient(timeout=60, limits=limits, trust_env=False)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    yield
    await client.aclose()


app = FastAPI(lifespan=lifespan)


@app.post("/v1/chat/completions")
async def relay(request: Request) -> StreamingResponse:
    headers = {"content-type": "application/json", "authorization": request.headers.get("authorization", "")}
    url = f"{os.environ['PROVIDER_URL']}/v1/chat/completions"
    sent = client.build_request("POST", url, headers=headers, content=await request.body())
    answer = await client.send(sent, stream=True)
    return StreamingResponse(
        answer.aiter_raw(),
        status_code=answer.status_code,
        media_type=answer.headers.get("content-type"),
        background=BackgroundTask(answer.aclose),
    )
