"""Answers of the compare group: a comparison's events, or its results in the targets' order."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from fastapi import Request
from starlette.responses import Response

from promptyard.api.claims import note_comparison
from promptyard.api.judgements import judgements
from promptyard.api.rate_limits import limit_headers
from promptyard.api.run_response import CALLER_LEFT, settled_or_left
from promptyard.api.schemas import OnDisconnect
from promptyard.api.sse import EventStream, content_frame, frame
from promptyard.api.wire import cost, done_data, error_data, run_answer
from promptyard.domain.models.provider_events import TextDelta
from promptyard.domain.models.targets import Target
from promptyard.domain.runs.failures import RunFailure
from promptyard.domain.runs.run import Run
from promptyard.services.prompts.prompting import ComposedPrompt
from promptyard.services.runs.comparisons import (
    ComparisonEnded,
    ComparisonEvent,
    ComparisonHandle,
    TargetEnded,
    TargetPiece,
)


def headers(handle: ComparisonHandle) -> dict[str, str]:
    """A stream's are sent before its runs begin, and so say nothing of the caller's limits."""
    return {"x-comparison-id": handle.id, **limit_headers(handle.headroom)}


def stream(handle: ComparisonHandle, on_disconnect: OnDisconnect) -> Response:
    return EventStream(
        handle.log,
        _frame,
        on_disconnect=_leave(handle, on_disconnect),
        headers=headers(handle),
        final_result=lambda: _final_result(handle.log),
    )


async def ended(request: Request, handle: ComparisonHandle, on_disconnect: OnDisconnect) -> list[TargetEnded]:
    """Every target's end, in their order; the caller's leaving cancels unless the request said otherwise. An error
    that is raised afterwards carries `x-comparison-id` all the same."""
    request.state.answer_headers = headers(handle)
    await note_comparison(request, handle.id)
    return await settled_or_left(request, handle.ended(), _leave(handle, on_disconnect))


def _leave(handle: ComparisonHandle, on_disconnect: OnDisconnect) -> Callable[[], None]:
    return partial(handle.cancel, CALLER_LEFT) if on_disconnect == "cancel" else lambda: None


def _frame(number: int | None, event: ComparisonEvent) -> bytes:
    match event:
        case TargetPiece(index, TextDelta(text)):
            return content_frame(text, number, index=index)
        case TargetEnded(index, run, error) if error is not None:
            data = error_data(RunFailure.of(error), run.id if run else None)
            return frame({"index": index} | data, f"error:{index}", number)
        case TargetEnded(index, run) if run is not None:
            return frame({"index": index} | done_data(run), f"done:{index}", number)
        case ComparisonEnded(comparison_id):
            return frame({"comparison_id": comparison_id}, "end", number)
    return b""


def _final_result(events: Iterable[ComparisonEvent]) -> bytes:
    """The events as a short stream: every text in one piece, then the ends. Its frames have no place in the log, and so
    no number."""
    texts: dict[int, list[str]] = {}
    ends: list[ComparisonEvent] = []
    for event in events:
        match event:
            case TargetPiece(index, TextDelta(text)):
                texts.setdefault(index, []).append(text)
            case TargetEnded() | ComparisonEnded():
                ends.append(event)
    whole = [TargetPiece(index, TextDelta("".join(pieces))) for index, pieces in texts.items()]
    return b"".join(_frame(None, event) for event in [*whole, *ends])


def compare_result(end: TargetEnded, target: Target) -> dict[str, Any]:
    """One of a comparison's results; where nothing was run, the fields of a run with what is known."""
    if end.run is not None:
        return {"index": end.index} | run_answer(end.run)
    assert end.error is not None
    unknown = ("id", "output", "latency_ms", "ttft_ms", "tokens", "cost_usd", "tool_calls", "created_at")
    return dict.fromkeys(unknown) | {
        "index": end.index,
        "model_id": target.model or target.provider or "",
        "provider": target.provider,
        "model": target.model,
        "status": "failed",
        "usage_source": "unknown",
        "finish_reason": "error",
        "error": RunFailure.of(end.error).model_dump(exclude_none=True),
    }


def version_result(end: TargetEnded, prompt: ComposedPrompt) -> dict[str, Any]:
    """One of run-versions' results: a failure's `error` is its message."""
    run = end.run
    usage = run.usage if run else None
    return {
        "version_id": prompt.links.version_id,
        "version_number": prompt.links.version_number,
        "output": run.output if run else None,
        "metrics": {
            "latency_ms": run.latency_ms if run else end.elapsed_ms,
            "prompt_tokens": usage.input_tokens if usage else None,
            "completion_tokens": usage.output_tokens if usage else None,
            "total_tokens": usage.total_tokens if usage else None,
            "cost_usd": cost(run) if run else None,
        },
        "error": end.error.message if end.error else None,
        **(scored(run) if run else {}),
    }


def scored(run: Run) -> dict[str, Any]:
    """What the playground has made of a run, for an answer whose `metrics` are something else."""
    known = judgements(run)
    found = {"scores": known["metrics"]} if "metrics" in known else {}
    return found | ({"moderation": known["moderation"]} if "moderation" in known else {})


def multi_result(end: TargetEnded, model_id: str) -> dict[str, Any]:
    """One of run-multi's results: a failure's `error` is its message."""
    if end.error is None:
        assert end.run is not None
        return run_answer(end.run)
    known = run_answer(end.run) if end.run else {}
    return known | {
        "output": known.get("output"),
        "model_id": model_id,
        "latency_ms": end.elapsed_ms,
        "tokens": known.get("tokens"),
        "cost_usd": known.get("cost_usd"),
        "error": end.error.message,
    }
