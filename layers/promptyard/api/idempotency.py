"""The `Idempotency-Key` header, for every POST route at once: see `services.runs.idempotency`."""

import hashlib
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import StreamingResponse

from promptyard.api.claims import HEADER, MAX_LENGTH, leniently, note_comparison
from promptyard.api.sse import EventStream
from promptyard.domain.errors import BadRequest, PromptyardError
from promptyard.services.ports.runs import KeptAnswer
from promptyard.services.runs.replays import RunAgain

if TYPE_CHECKING:
    from promptyard.services.runs.idempotency import Claim, Idempotency

REPLAYED = {"idempotent-replayed": "true"}
"""Stripe's header of an answer that was given before."""
_KEPT_HEADERS = ("content-type", "cache-control", "location", "x-comparison-id")

logger = logging.getLogger("promptyard.idempotency")


async def once_a_key(request: Request, tenant: str, handle: Callable[[], Awaitable[Response]]) -> Response:
    """What `handle` answers, or what it answered to the first request with the same key.

    Raises BadRequest for a key that is none, Conflict for one of another request, InProgress for one whose first
    request does not end within seconds.
    """
    key = request.headers.get(HEADER) if request.method == "POST" else None
    if key is None:
        return await handle()
    if not 0 < len(key) <= MAX_LENGTH:
        raise BadRequest(f"Idempotency-Key takes 1 to {MAX_LENGTH} characters", loc=("header", HEADER))
    idempotency: Idempotency = request.app.state.provided().idempotency
    begun = await idempotency.begin(tenant, key, _fingerprint(request, await request.body()))
    if isinstance(begun, KeptAnswer):
        return Response(begun.body, begun.status, begun.headers | REPLAYED)
    if isinstance(begun, RunAgain):
        return await _run_again(request, begun)
    return await _first(request, begun, handle)


async def _first(request: Request, claim: "Claim", handle: Callable[[], Awaitable[Response]]) -> Response:
    request.state.claim = claim
    try:
        response = await handle()
    except (PromptyardError, RequestValidationError, HTTPException):
        # A run's failure is in its record. Whatever else fails in a way that we know has done nothing.
        if claim.run_id is None:
            await leniently(claim.release())
        raise
    if claim.run_id is not None:
        return response
    if isinstance(response, EventStream) and response.final_result is not None:
        await note_comparison(request, response.headers.get("x-comparison-id", ""))
        response.at_end = partial(_keep, request, claim, response, response.final_result)
    elif isinstance(response, StreamingResponse | EventStream):  # whoever asks again gets it anew
        await leniently(claim.release())
    else:
        await _keep(request, claim, response, lambda: bytes(response.body))
    return response


async def _keep(request: Request, claim: "Claim", response: Response, body: Callable[[], bytes]) -> None:
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    again = getattr(request.state, "answer_again", None) or body().decode()
    await leniently(claim.keep(KeptAnswer(status=response.status_code, headers=headers, body=again)))


async def _run_again(request: Request, again: RunAgain) -> Response:
    answer_again = getattr(request.state, "answer_run_again", request.app.state.answer_again)
    try:
        response: Response = await answer_again(request, again.handle, stream=again.stream)
    except PromptyardError:
        request.state.answer_headers |= REPLAYED
        raise
    response.headers.update(REPLAYED)
    return response


def _fingerprint(request: Request, body: bytes) -> str:
    return hashlib.sha256(f"{request.url.path}?{request.url.query}\n".encode() + body).hexdigest()
