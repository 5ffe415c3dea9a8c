"""Calling the provider for one run: attempts, with parameters that the model does not take left out for callers who
would rather have an answer without them; and what of an answer is told as it comes."""

import asyncio
import logging
import random
import time
from collections.abc import Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from promptyard.domain.errors import (
    ProviderAuth,
    ProviderError,
    ProviderMalformed,
    RefusedParameter,
    StoreUnavailable,
)
from promptyard.domain.models.provider_events import (
    AnswerPiece,
    Citation,
    Finished,
    ProviderEvent,
    ReplayPart,
    TextDelta,
    UsageReport,
)
from promptyard.domain.models.targets import ProviderCall
from promptyard.domain.runs.run import Run
from promptyard.services.ports.runs import PreparedCall, ProviderGateway, RunGuard
from promptyard.services.runs.pieces import without_bursts

if TYPE_CHECKING:
    from promptyard.services.runs.answer import Answer
    from promptyard.services.runs.run_handle import RunHandle

MAX_ATTEMPTS = 3
MAX_RETRY_WAIT_SECONDS = 20.0

logger = logging.getLogger("promptyard.run")


def prepared_without_refused(gateway: ProviderGateway, call: ProviderCall) -> PreparedCall:
    """The call without the parameters that are refused and may be left out. Raises what `gateway.prepare` raises."""
    while True:
        try:
            return gateway.prepare(call)
        except RefusedParameter as refused:
            call = _without(call, refused)


def _without(call: ProviderCall, refused: RefusedParameter) -> ProviderCall:
    """The call without that parameter. Raises the refusal itself where it may not be left out, or is already."""
    if refused.name not in call.may_drop & call.parameters.names():
        raise refused
    return replace(call, parameters=call.parameters.without(refused.name))


def dropped(run: Run, call: ProviderCall) -> list[str] | None:
    """The names of what the run asks for and the call leaves out."""
    return sorted(run.parameters.names() - call.parameters.names()) or None


async def call_provider(
    gateway: ProviderGateway, handle: "RunHandle", prepared: PreparedCall, answer: "Answer"
) -> None:
    """Send it until it is answered, as often as may be, and tell the handle what may leave of the answer as it comes.
    Once anything of it has come, nothing is sent again.

    Raises ProviderError or RefusedParameter; what the guard raises.
    """
    attempt = 1
    while True:
        answer.attempt_started(time.monotonic())
        try:
            async with aclosing(prepared.stream()) as batches:
                async for events in batches:
                    _take(handle, answer, events)
        except ProviderError as error:
            answer.attempt_failed(error)
            if answer.began:
                raise
            renewed = await _with_renewed_key(prepared.call, error)
            if renewed is not None and attempt < MAX_ATTEMPTS:
                prepared, attempt = gateway.prepare(renewed), attempt + 1
                continue
            wait = _retry_wait(error, attempt)
            if wait is None:
                raise
            logger.info("retry", extra={"run_id": handle.run.id, "attempt": attempt, "code": error.code})
            await asyncio.sleep(wait)
            attempt += 1
        except RefusedParameter as refused:
            if answer.began:
                raise
            # No attempt of those that are counted: each leaves one parameter out.
            prepared = prepared_without_refused(gateway, _without(prepared.call, refused))
            handle.run = handle.run.model_copy(update={"dropped": dropped(handle.run, prepared.call)})
        else:
            if answer.finish_reason is None:
                raise ProviderMalformed("The provider's stream ended without its terminal event")
            return


def _take(handle: "RunHandle", answer: "Answer", events: Sequence[ProviderEvent]) -> None:
    if not answer.began:
        handle.begin()
    now = time.monotonic()
    pieces: list[AnswerPiece | ReplayPart] = []
    try:
        for event in without_bursts(events):
            answer.add(event, now)
            piece = _piece_to_tell(event, handle.guard, tells_replay=handle.tells_replay)
            if piece is not None:
                pieces.append(piece)
    finally:  # what came before a block may leave
        handle.tell(*pieces)


def _piece_to_tell(
    event: ProviderEvent, guard: RunGuard | None, *, tells_replay: bool
) -> AnswerPiece | ReplayPart | None:
    """What of an event may leave as it comes. Raises Blocked."""
    match event:
        case TextDelta(text):
            if guard is None:
                return event if text else None
            allowed = guard.let_go(text) if text else ""
            return TextDelta(allowed) if allowed else None
        case UsageReport() | Finished() | Citation():
            return None
        case ReplayPart() if not tells_replay:
            return None
        case _ if guard is not None and guard.holds:
            return None
        case piece:
            return piece


async def _with_renewed_key(call: ProviderCall, error: ProviderError) -> ProviderCall | None:
    """The call with its stored key as it is now, where the provider refused the key as it was; once a run."""
    if not isinstance(error, ProviderAuth) or call.renew_key is None:
        return None
    with suppress(StoreUnavailable):
        key = await call.renew_key()
        if key is not None and key != call.api_key:
            return replace(call, api_key=key, renew_key=None)
    return None


def _retry_wait(error: ProviderError, attempt: int) -> float | None:
    """Seconds to wait before the next attempt; None when there is to be none."""
    if not error.retryable or attempt == MAX_ATTEMPTS:
        return None
    if error.retry_after is not None:
        return error.retry_after if error.retry_after <= MAX_RETRY_WAIT_SECONDS else None
    return _backoff(attempt)


def _backoff(attempt: int) -> float:
    return float(0.5 * 2 ** (attempt - 1) * random.uniform(0.75, 1.25))  # noqa: S311 - spreads retries, guards nothing
