"""A run as a span, by OpenTelemetry's semantic conventions for generative AI:
https://github.com/open-telemetry/semantic-conventions-genai/blob/v0.1.0/docs/gen-ai/client-inference.md. In OTLP's
JSON form: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from promptyard.domain.models.usage import Usage
from promptyard.domain.runs.run import Run, RunStatus
from promptyard.providers.telemetry.contents import input_messages, output_messages

if TYPE_CHECKING:
    from promptyard.domain.runs.causes import Cause
    from promptyard.domain.runs.trace_context import TraceParent

CONVENTIONS = "0.1.0"
"""Their version."""
SERVICE = "promptyard"
MAX_CONTENT_CHARACTERS = 1_000_000
"""Of what was said, and of what was answered: more is left out, and counted as the span's."""

_CLIENT, _ERROR = 3, 2
_PROVIDERS = {
    "google": "gcp.gemini",
    "bedrock": "aws.bedrock",
    "azure": "azure.ai.openai",
    "mistral": "mistral_ai",
    "xai": "x_ai",
    "moonshot": "moonshot_ai",
}
"""The conventions' names of providers that are called otherwise here."""
_FINISH_REASONS = {"tool": "tool_call", "filter": "content_filter"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Value = str | bool | int | float | list[str]


def span_of(run: Run, cause: "Cause | None", parent: "TraceParent | None", *, content: bool) -> dict[str, Any]:
    """With `content`, also what was said and answered, unless the run was blocked."""
    attributes: dict[str, Value | None] = {**_asked(run), **_answered(run), **_ours(run, cause)}
    dropped = 0
    if content and run.status is not RunStatus.BLOCKED:
        said = {"gen_ai.input.messages": input_messages(run.messages), "gen_ai.output.messages": output_messages(run)}
        kept = {name: text for name, text in said.items() if len(text) <= MAX_CONTENT_CHARACTERS}
        dropped = len(said) - len(kept)
        attributes |= {**kept, "gen_ai.request.stop_sequences": run.parameters.stop_list()}
    span: dict[str, Any] = {
        "traceId": trace_id_of(run) if parent is None else parent.trace_id,
        "spanId": span_id_of(run),
        "name": f"chat {run.model}".rstrip(),
        "kind": _CLIENT,
        "startTimeUnixNano": _nanoseconds(run.created_at),
        "endTimeUnixNano": _nanoseconds(run.settled_at or run.created_at),
        "attributes": attributes_of(attributes),
        "droppedAttributesCount": dropped,
        "status": {"code": _ERROR} if run.status is RunStatus.FAILED else {},
    }
    if parent is not None:
        span |= {"parentSpanId": parent.span_id, "flags": parent.flags}
        span |= {"traceState": parent.state} if parent.state else {}
    return span


def export_request(span: Mapping[str, Any]) -> bytes:
    resource = {"attributes": attributes_of({"service.name": SERVICE})}
    scope_spans = {"scope": {"name": SERVICE}, "spans": [span]}
    request = {"resourceSpans": [{"resource": resource, "scopeSpans": [scope_spans]}]}
    return json.dumps(request, separators=(",", ":")).encode()


def trace_id_of(run: Run) -> str:
    """Of a run whose request names no trace: a comparison's runs are one. Not the id itself: it tells its time, and
    samplers go by how a trace's id ends."""
    return hashlib.sha256((run.links.comparison_id or run.id).encode()).hexdigest()[:32]


def span_id_of(run: Run) -> str:
    """The same whoever sends the run's span."""
    return hashlib.sha256(f"span {run.id}".encode()).hexdigest()[:16]


def attributes_of(values: Mapping[str, Value | None]) -> list[dict[str, Any]]:
    """Without those that are not known."""
    return [{"key": name, "value": _value(value)} for name, value in values.items() if value is not None]


def _asked(run: Run) -> dict[str, Value | None]:
    parameters, links = run.parameters, run.links
    has_form = parameters.response_format is not None and parameters.response_format.get("type") != "text"
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": _PROVIDERS.get(run.provider, run.provider or "unknown"),
        "gen_ai.request.model": run.model or None,
        "gen_ai.request.temperature": parameters.temperature,
        "gen_ai.request.top_p": parameters.top_p,
        "gen_ai.request.top_k": parameters.top_k,
        "gen_ai.request.max_tokens": parameters.max_tokens,
        "gen_ai.request.frequency_penalty": parameters.frequency_penalty,
        "gen_ai.request.presence_penalty": parameters.presence_penalty,
        "gen_ai.request.seed": parameters.seed,
        "gen_ai.request.reasoning.level": parameters.reasoning_effort,
        "gen_ai.output.type": "json" if has_form else None,
        "gen_ai.prompt.name": links.prompt_name or links.prompt_id,
        "gen_ai.prompt.version": None if links.version_number is None else str(links.version_number),
    }


def _answered(run: Run) -> dict[str, Value | None]:
    usage, reason = run.usage or Usage(), run.finish_reason
    streamed = run.ttft_ms is not None
    return {
        "gen_ai.request.stream": True if streamed else None,
        "gen_ai.response.time_to_first_chunk": None if run.ttft_ms is None else run.ttft_ms / 1000,
        "gen_ai.response.finish_reasons": None if reason is None else [_FINISH_REASONS.get(reason, reason.value)],
        "gen_ai.usage.input_tokens": usage.input_tokens,
        "gen_ai.usage.output_tokens": usage.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": usage.cached_tokens,
        "gen_ai.usage.cache_write.input_tokens": usage.cache_write_tokens,
        "gen_ai.usage.reasoning.output_tokens": usage.reasoning_tokens,
        # Not of the conventions, which have no cost: Langfuse's name for dollars.
        "gen_ai.usage.cost": None if run.cost_usd is None else float(run.cost_usd),
        "error.type": run.error.code if run.error is not None else None,
    }


def _ours(run: Run, cause: "Cause | None") -> dict[str, Value | None]:
    return {
        "promptyard.run.id": run.id,
        "promptyard.tenant": run.tenant,
        "promptyard.endpoint": run.endpoint,
        "promptyard.status": run.status.value,
        "promptyard.cause": None if cause is None else cause.value,
        "promptyard.comparison.id": run.links.comparison_id,
        "promptyard.usage_source": run.usage_source.value,
    }


def _value(value: Value) -> dict[str, Any]:
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case str():
            return {"stringValue": value}
    return {"arrayValue": {"values": [_value(one) for one in value]}}


def _nanoseconds(moment: datetime) -> str:
    passed = moment - _EPOCH
    return str((passed.days * 86_400 + passed.seconds) * 1_000_000_000 + passed.microseconds * 1_000)
