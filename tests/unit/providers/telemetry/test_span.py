"""A run as a span: by the GenAI conventions, in OTLP's JSON, and as those who show spans read it."""

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.domain.models.messages import Message, ToolCall, ToolFunction
from promptyard.domain.models.provider_events import FinishReason
from promptyard.domain.models.targets import Parameters
from promptyard.domain.models.usage import Usage
from promptyard.domain.runs.causes import Cause
from promptyard.domain.runs.failures import RunFailure
from promptyard.domain.runs.run import Run, RunLinks, RunStatus
from promptyard.domain.runs.run_metrics import Withheld
from promptyard.domain.runs.trace_context import TraceParent
from promptyard.providers.registry import PROVIDERS
from promptyard.providers.telemetry import span as spans
from promptyard.providers.telemetry.span import export_request, span_of
from tests.support.samples.sample_runs import new_run, settled

CONVENTIONS = frozenset(
    {
        "error.type",
        "gen_ai.conversation.id",
        "gen_ai.input.messages",
        "gen_ai.operation.name",
        "gen_ai.output.messages",
        "gen_ai.output.type",
        "gen_ai.prompt.name",
        "gen_ai.prompt.version",
        "gen_ai.provider.name",
        "gen_ai.request.frequency_penalty",
        "gen_ai.request.max_tokens",
        "gen_ai.request.model",
        "gen_ai.request.presence_penalty",
        "gen_ai.request.reasoning.level",
        "gen_ai.request.seed",
        "gen_ai.request.stop_sequences",
        "gen_ai.request.stream",
        "gen_ai.request.temperature",
        "gen_ai.request.top_k",
        "gen_ai.request.top_p",
        "gen_ai.response.finish_reasons",
        "gen_ai.response.time_to_first_chunk",
        "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.usage.cache_write.input_tokens",
        "gen_ai.usage.input_tokens",
        "gen_ai.usage.output_tokens",
        "gen_ai.usage.reasoning.output_tokens",
    }
)
"""Of the span `gen_ai.client.inference`, version 0.1.0 of the GenAI conventions, those that a run can tell of."""
WELL_KNOWN = {
    "anthropic": "anthropic",
    "azure": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "cohere": "cohere",
    "deepseek": "deepseek",
    "google": "gcp.gemini",
    "groq": "groq",
    "mistral": "mistral_ai",
    "moonshot": "moonshot_ai",
    "openai": "openai",
    "perplexity": "perplexity",
    "xai": "x_ai",
}
"""Well-known values of `gen_ai.provider.name` there, by our own names."""
LANGFUSE = {
    "model": "gen_ai.request.model",
    "modelParameters": "gen_ai.request.temperature",
    "usage": "gen_ai.usage.input_tokens",
    "cost": "gen_ai.usage.cost",
    "input": "gen_ai.input.messages",
    "output": "gen_ai.output.messages",
}
"""From which attribute Langfuse takes which of its fields: https://langfuse.com/integrations/native/opentelemetry."""
PHOENIX = {
    "llm.input_messages": "gen_ai.input.messages",
    "llm.output_messages": "gen_ai.output.messages",
    "llm.token_count.prompt": "gen_ai.usage.input_tokens",
    "llm.token_count.completion": "gen_ai.usage.output_tokens",
    "llm.model_name": "gen_ai.request.model",
    "llm.provider": "gen_ai.provider.name",
    "llm.invocation_parameters": "gen_ai.operation.name",
}
"""The same of Phoenix:
https://arize.com/docs/phoenix/release-notes/05-2026/05-15-2026-otel-semconv-conversion."""
CANARY = "canary-8f1c"
START = datetime(2026, 11, 30, 2, 0, 0, 123_000, UTC)
CALL = ToolCall(id="call_1", function=ToolFunction(name="weather", arguments='{"location": "Paris"}'))
RUN = settled(
    new_run(
        provider="openai",
        model="gpt-4o",
        created_at=START,
        messages=[Message(role="system", content="Be brief."), Message(role="user", content=f"Hi {CANARY}")],
        parameters=Parameters(temperature=0.7, top_k=40, max_tokens=100, seed=7, stop=[CANARY], reasoning_effort="low"),
        links=RunLinks(prompt_id="p", prompt_name="billing/invoice-parser", version_id="v", version_number=3),
    ),
    output=f"Hello {CANARY}",
    reasoning=f"Hm {CANARY}",
    tool_calls=[CALL],
    finish_reason=FinishReason.TOOL,
    usage=Usage(input_tokens=45, output_tokens=42, cached_tokens=10, reasoning_tokens=5),
    cost_usd=Decimal("0.00261"),
    ttft_ms=310,
    latency_ms=1250,
    settled_at=START + timedelta(milliseconds=1250),
)


def attributes(span: dict[str, Any]) -> dict[str, Any]:
    return {entry["key"]: plain(entry["value"]) for entry in span["attributes"]}


def plain(value: dict[str, Any]) -> Any:
    [(kind, held)] = value.items()
    match kind:
        case "intValue":
            return int(held)
        case "arrayValue":
            return [plain(one) for one in held["values"]]
    return held


def test_a_run_by_the_conventions() -> None:
    span = span_of(RUN, None, None, content=True)
    assert (span["name"], span["kind"], span["status"]) == ("chat gpt-4o", 3, {})
    assert int(span["endTimeUnixNano"]) - int(span["startTimeUnixNano"]) == 1_250_000_000
    assert int(span["startTimeUnixNano"]) == round(START.timestamp() * 1000) * 1_000_000
    found = attributes(span)
    ours = {name for name in found if name.startswith("promptyard.")}
    assert found.keys() - ours - {"gen_ai.usage.cost"} <= CONVENTIONS
    assert found["gen_ai.operation.name"] == "chat"
    assert (found["gen_ai.prompt.name"], found["gen_ai.prompt.version"]) == ("billing/invoice-parser", "3")
    assert (found["gen_ai.request.top_k"], found["gen_ai.request.temperature"]) == (40, 0.7)
    assert found["gen_ai.response.finish_reasons"] == ["tool_call"]
    assert found["gen_ai.response.time_to_first_chunk"] == 0.31
    assert found["gen_ai.usage.cache_read.input_tokens"] == 10
    assert found["promptyard.run.id"] == RUN.id


def test_what_was_said_and_answered_has_the_conventions_form() -> None:
    found = attributes(span_of(RUN, None, None, content=True))
    assert json.loads(found["gen_ai.input.messages"]) == [
        {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
        {"role": "user", "parts": [{"type": "text", "content": f"Hi {CANARY}"}]},
    ]
    assert json.loads(found["gen_ai.output.messages"]) == [
        {
            "role": "assistant",
            "parts": [
                {"type": "reasoning", "content": f"Hm {CANARY}"},
                {"type": "text", "content": f"Hello {CANARY}"},
                {"type": "tool_call", "id": "call_1", "name": "weather", "arguments": {"location": "Paris"}},
            ],
        }
    ]


def test_every_kind_of_part_is_one_of_the_conventions() -> None:
    messages = [
        Message.model_validate(
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Look"},
                    {"type": "image_url", "image_url": {"url": "https://x.example/a.png"}},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
                    {"type": "file", "file": {"file_id": "file-1"}},
                    {"type": "file", "file": {"file_data": "data:application/pdf;base64,AAAA"}},
                ],
            }
        ),
        Message(role="assistant", tool_calls=[CALL]),
        Message(role="tool", tool_call_id="call_1", content="rainy"),
    ]
    found = attributes(span_of(RUN.model_copy(update={"messages": messages}), None, None, content=True))
    said = json.loads(found["gen_ai.input.messages"])
    assert [part["type"] for part in said[0]["parts"]] == ["text", "uri", "blob", "file", "blob"]
    assert "AAAA" not in found["gen_ai.input.messages"]
    assert said[1]["parts"][0]["arguments"] == {"location": "Paris"}
    assert said[2]["parts"] == [{"type": "tool_call_response", "id": "call_1", "response": "rainy"}]


@pytest.mark.parametrize(("tool", "names"), [("Langfuse", LANGFUSE), ("Phoenix", PHOENIX)])
def test_what_shows_spans_finds_what_it_looks_for(tool: str, names: dict[str, str]) -> None:
    found = attributes(span_of(RUN, None, None, content=True))
    assert set(names.values()) <= found.keys(), tool
    for name in ("gen_ai.input.messages", "gen_ai.output.messages"):
        assert isinstance(found[name], str), "Phoenix reads messages from texts alone"


def test_without_being_asked_for_nothing_is_told_of_what_was_said() -> None:
    assert CANARY not in json.dumps(span_of(RUN, None, None, content=False))
    assert CANARY in json.dumps(span_of(RUN, None, None, content=True))


@pytest.mark.parametrize("content", [False, True])
def test_of_a_blocked_run_there_is_no_content(content: bool) -> None:
    blocked = RUN.model_copy(update={"status": RunStatus.BLOCKED, "withheld": Withheld(output=CANARY)})
    span = span_of(blocked, None, None, content=content)
    assert CANARY not in json.dumps(span)
    assert attributes(span)["promptyard.status"] == "blocked"


def test_a_failure_is_told_by_its_code_and_not_in_the_providers_words() -> None:
    failure = RunFailure(code="provider_error", message=f"bad prompt: {CANARY}", provider_status=400)
    failed = new_run(provider="openai", model="m", status=RunStatus.FAILED, error=failure)
    span = span_of(failed, Cause.CALLER, None, content=False)
    assert span["status"] == {"code": 2}
    assert attributes(span)["error.type"] == "provider_error"
    assert attributes(span)["promptyard.cause"] == "caller"
    assert CANARY not in json.dumps(span)


def test_it_is_a_part_of_the_requests_trace() -> None:
    parent = TraceParent("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", 1, "congo=t61")
    span = span_of(RUN, None, parent, content=False)
    assert (span["traceId"], span["parentSpanId"]) == (parent.trace_id, parent.span_id)
    assert (span["flags"], span["traceState"]) == (1, "congo=t61")
    assert span["spanId"] == span_of(RUN, None, None, content=False)["spanId"]


def test_a_comparisons_runs_are_one_trace() -> None:
    links = RunLinks(comparison_id="c1")
    made = [span_of(new_run(links=links), None, None, content=False) for _ in range(3)]
    assert len({span["traceId"] for span in made}) == 1
    assert len({span["spanId"] for span in made}) == 3


@pytest.mark.parametrize(("ours", "theirs"), WELL_KNOWN.items())
def test_the_well_known_providers_have_the_conventions_names(ours: str, theirs: str) -> None:
    assert ours in {provider.id for provider in PROVIDERS}
    found = attributes(span_of(new_run(provider=ours), None, None, content=False))
    assert found["gen_ai.provider.name"] == theirs


def test_what_is_too_much_is_left_out_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spans, "MAX_CONTENT_CHARACTERS", 140)
    span = span_of(RUN, None, None, content=True)
    assert "gen_ai.output.messages" not in attributes(span)
    assert "gen_ai.input.messages" in attributes(span)
    assert span["droppedAttributesCount"] == 1


COUNTS = st.none() | st.integers(0, 10**12)


@given(
    st.builds(Usage, input_tokens=COUNTS, output_tokens=COUNTS, cached_tokens=COUNTS),
    st.sampled_from(RunStatus),
    st.none() | st.integers(0, 10**7),
    st.text(max_size=40),
    st.booleans(),
)
def test_any_run_is_a_request_of_otlp(
    usage: Usage, status: RunStatus, ttft: int | None, text: str, content: bool
) -> None:
    """By the protocol's JSON: ids in hexadecimal digits, 64-bit numbers as texts, enumerations as numbers."""
    run: Run = settled(RUN, status=status, usage=usage, ttft_ms=ttft, output=text, model=text)
    request = json.loads(export_request(span_of(run, None, None, content=content)))
    [resource_spans] = request["resourceSpans"]
    assert attributes(resource_spans["resource"]) == {"service.name": "promptyard"}
    [span] = resource_spans["scopeSpans"][0]["spans"]
    assert re.fullmatch("[0-9a-f]{32}", span["traceId"])
    assert re.fullmatch("[0-9a-f]{16}", span["spanId"])
    assert re.fullmatch("[0-9]+", span["startTimeUnixNano"])
    assert span["name"].startswith("chat")
    for entry in span["attributes"]:
        [(kind, value)] = entry["value"].items()
        assert kind in {"stringValue", "intValue", "doubleValue", "boolValue", "arrayValue"}
        assert kind != "intValue" or re.fullmatch("[0-9]+", value)
    found = attributes(span)
    assert ("gen_ai.usage.input_tokens" in found) == (usage.input_tokens is not None)
