"""What a request with an `Idempotency-Key` tells the claim that it has: see `services.runs.idempotency`."""

import logging
from collections.abc import Awaitable
from typing import TYPE_CHECKING

from fastapi import Request
from pydantic import BaseModel

from promptyard.api.answers.fields import json_of
from promptyard.domain.errors import StoreUnavailable

if TYPE_CHECKING:
    from promptyard.services.runs.idempotency import Claim, Idempotency

HEADER = "idempotency-key"
MAX_LENGTH = 255
PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_LENGTH},
    "description": "For 24 hours, a request with the same key is carried out once, and answered as it was the first "
    "time: a stream with its final result. Another request with the key is a 409, as may be one while the first goes "
    "on.",
}

logger = logging.getLogger("promptyard.idempotency")


async def was_let_in(request: Request, tenant: str) -> bool:
    """Whether a request with this one's key was: it is answered again, whatever the tenant may begin now."""
    idempotency: Idempotency = request.app.state.provided().idempotency
    return await idempotency.is_known(tenant, request.headers[HEADER])


async def note_run(request: Request, run_id: str, *, stream: bool) -> None:
    """That the request has begun a run: its repetitions are answered from the run's record."""
    claim = _claim(request)
    if claim is not None:
        await leniently(claim.note_run(run_id, stream=stream))


async def note_comparison(request: Request, comparison_id: str) -> None:
    """That the request has begun a comparison."""
    claim = _claim(request)
    if claim is not None:
        await leniently(claim.note_comparison(comparison_id))


def answer_again(request: Request, body: BaseModel) -> None:
    """What repetitions are answered, where that is not the answer itself: a secret is shown once, and not kept."""
    request.state.answer_again = json_of(body)


def _claim(request: Request) -> "Claim | None":
    claim: Claim | None = getattr(request.state, "claim", None)
    return claim


async def leniently(write: Awaitable[None]) -> None:
    """What was done stays done, and is answered, though it cannot be noted: repetitions are refused then."""
    try:
        await write
    except StoreUnavailable:
        logger.warning("idempotency key not noted")
