"""Runs as the wire shows them, for every group that answers with one."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel

from promptyard.api.errors import ErrorBody
from promptyard.api.judgements import MetricScore, ModerationOutcome, judgements

if TYPE_CHECKING:
    from promptyard.domain.models.usage import Usage
    from promptyard.domain.runs.failures import RunFailure
    from promptyard.domain.runs.run import Run


def timestamp(moment: datetime) -> str:
    """ISO 8601 in UTC, as `2026-11-21T10:30:00.123Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Tokens(BaseModel):
    """Counts in tokens; null is not known. `prompt` includes cached tokens, `completion` includes reasoning."""

    prompt: int | None
    completion: int | None
    total: int | None
    cached: int | None = None
    reasoning: int | None = None


class RunAnswer(BaseModel):
    """One run. `cost_usd` is in US dollars, durations in milliseconds; a number that is not known is null. `metrics`
    and `moderation` are there where the run's playground has any. A run that its guards block has the status `blocked`,
    and the intervention's message as its output."""

    id: str
    output: str | None
    model_id: str
    label: str | None = None
    provider: str
    model: str
    status: Literal["running", "succeeded", "failed", "cancelled", "blocked"]
    latency_ms: int | None
    ttft_ms: int | None
    tokens: Tokens | None
    usage_source: Literal["reported", "estimated", "unknown"]
    cost_usd: float | None
    finish_reason: Literal["stop", "length", "tool", "filter", "error"] | None
    tool_calls: list[dict[str, Any]] | None
    error: ErrorBody | None
    created_at: str
    metrics: list[MetricScore] | None = None
    moderation: ModerationOutcome | None = None


class RunRecord(RunAnswer):
    """A run as the history holds it: the answer, and all that it was made from."""

    endpoint: str
    caller: str | None
    messages: list[dict[str, Any]]
    template: dict[str, Any] | None
    parameters: dict[str, Any]
    custom_base_url: str | None
    price_date: str | None
    reference: str | None
    documents: list[str] | None
    prompt_id: str | None
    version_id: str | None
    version_number: int | None
    playground_id: str | None
    llm_blueprint_id: str | None
    comparison_id: str | None
    rerun_of: str | None
    judge_of: str | None
    settled_at: str | None


def cost(run: "Run") -> float | None:
    """US dollars; a Decimal until here, where JSON has only numbers."""
    return None if run.cost_usd is None else float(run.cost_usd)


def tokens(usage: "Usage | None") -> dict[str, int | None] | None:
    if usage is None:
        return None
    counts = {"prompt": usage.input_tokens, "completion": usage.output_tokens, "total": usage.total_tokens}
    more = {"cached": usage.cached_tokens, "reasoning": usage.reasoning_tokens}
    return counts | {name: count for name, count in more.items() if count is not None}


def error_body(failure: "RunFailure") -> dict[str, Any]:
    return failure.model_dump(exclude_none=True)


def run_answer(run: "Run") -> dict[str, Any]:
    """The body of RunAnswer."""
    return {
        "id": run.id,
        "output": run.output,
        "model_id": run.model_id,
        **({"label": run.label} if run.label else {}),
        "provider": run.provider,
        "model": run.model,
        "status": run.status.value,
        "latency_ms": run.latency_ms,
        "ttft_ms": run.ttft_ms,
        "tokens": tokens(run.usage),
        "usage_source": run.usage_source.value,
        "cost_usd": cost(run),
        "finish_reason": run.finish_reason.value if run.finish_reason else None,
        "tool_calls": [call.model_dump() for call in run.tool_calls] if run.tool_calls else None,
        "error": error_body(run.error) if run.error else None,
        "created_at": timestamp(run.created_at),
        **judgements(run),
    }


def run_record(run: "Run") -> dict[str, Any]:
    """The body of RunRecord."""
    links = run.links
    return run_answer(run) | {
        "endpoint": run.endpoint,
        "caller": run.caller,
        "messages": [message.wire() for message in run.messages],
        "template": run.template.model_dump(mode="json", exclude_none=True) if run.template else None,
        "parameters": run.parameters.given(),
        "custom_base_url": run.custom_base_url,
        "price_date": run.price_date,
        "reference": run.reference,
        "documents": run.documents,
        "prompt_id": links.prompt_id,
        "version_id": links.version_id,
        "version_number": links.version_number,
        "playground_id": links.playground_id,
        "llm_blueprint_id": links.llm_blueprint_id,
        "comparison_id": links.comparison_id,
        "rerun_of": links.rerun_of,
        "judge_of": links.judge_of,
        "settled_at": timestamp(run.settled_at) if run.settled_at else None,
    }


def done_data(run: "Run") -> dict[str, Any]:
    """The data of a `done` event."""
    return {
        "done": True,
        "id": run.id,
        "finish_reason": run.finish_reason.value if run.finish_reason else None,
        "cost_usd": cost(run),
        "tool_calls": [call.model_dump() for call in run.tool_calls] if run.tool_calls else None,
        "stats": {
            "tokens_in": run.usage.input_tokens if run.usage else None,
            "tokens_out": run.usage.output_tokens if run.usage else None,
            "latency_ms": run.latency_ms,
            "ttft_ms": run.ttft_ms,
        },
        **judgements(run),
    }


def error_data(failure: "RunFailure", run_id: str | None) -> dict[str, Any]:
    """The data of an `error` event."""
    return {"error": error_body(failure), "id": run_id}
