"""The Bedrock adapter: what it says, and what it makes of events as botocore gives them."""

from functools import cache
from typing import Any

import botocore.loaders
import botocore.model
import botocore.validate
import pytest

from promptyard.domain.errors import (
    InvalidRequest,
    ProviderAuth,
    ProviderError,
    ProviderMalformed,
    ProviderOverloaded,
    ProviderRateLimited,
    RefusedParameter,
)
from promptyard.domain.models.provider_events import (
    Citation,
    Finished,
    FinishReason,
    ProviderEvent,
    ReasoningDelta,
    ReplayPart,
    TextDelta,
    UsageReport,
)
from promptyard.domain.models.usage import Usage
from promptyard.providers.wires import bedrock, bedrock_errors
from tests.support.samples.provider_calls import call, known
from tests.support.servers.wire_replay import text_of, tool_calls_of, usage_of

CLAUDE = "us.anthropic.claude-sonnet-5-5"
OLD_CLAUDE = "anthropic.claude-haiku-4-5-20251001-v1:0"
NOVA = "us.amazon.nova-2-lite-v1:0"
LLAMA = "meta.llama4-scout-17b-instruct-v1:0"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
PNG = "iVBORw0KGgo="


@cache
def converse_stream_input() -> botocore.model.Shape:
    model = botocore.loaders.create_loader().load_service_model("bedrock-runtime", "service-2")
    shape = botocore.model.ServiceModel(model).operation_model("ConverseStream").input_shape
    assert shape is not None
    return shape


def request(model: str = CLAUDE, **given: Any) -> dict[str, Any]:
    """The request, which botocore would send as it stands."""
    made = bedrock.converse_request(call("bedrock", model, api_key=None, **given))
    report = botocore.validate.ParamValidator().validate(made, converse_stream_input())
    assert not report.has_errors(), report.generate_report()
    return made


def refusal(model: str = CLAUDE, **given: Any) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        bedrock.converse_request(call("bedrock", model, api_key=None, **given))
    return caught.value


def image(url: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}]


def test_a_plain_prompt() -> None:
    assert request() == {"modelId": CLAUDE, "messages": [{"role": "user", "content": [{"text": "Hello"}]}]}


def test_parameters() -> None:
    made = request(temperature=0.0, top_p=0.5, max_tokens=10, stop="END")

    assert made["inferenceConfig"] == {"temperature": 0.0, "topP": 0.5, "maxTokens": 10, "stopSequences": ["END"]}


@pytest.mark.parametrize(
    ("model", "effort", "info", "fields"),
    [
        (CLAUDE, "max", None, {"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}}),
        (CLAUDE, "none", None, {"thinking": {"type": "disabled"}}),
        (
            OLD_CLAUDE,
            "high",
            known("bedrock", OLD_CLAUDE, reasoning="budget"),
            {"thinking": {"type": "enabled", "budget_tokens": 16_384}},
        ),
        ("openai.gpt-oss-120b-1:0", "minimal", None, {"reasoning_effort": "minimal"}),
        (NOVA, "low", None, {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}}),
        (NOVA, "none", None, {"reasoningConfig": {"type": "disabled"}}),
    ],
)
def test_reasoning_effort_by_the_models_maker(model: str, effort: str, info: Any, fields: dict[str, Any]) -> None:
    made = request(model, reasoning_effort=effort, info=info)

    assert made["additionalModelRequestFields"] == fields


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("seed", {"seed": 7}),
        ("temperature", {"temperature": 1.5}),
        ("temperature", {"temperature": 0.7, "info": known("bedrock", CLAUDE, sampling=False)}),
        ("tools", {"tools": [{"function": {"name": "f"}}], "info": known("bedrock", CLAUDE, tools=False)}),
        ("response_format", {"response_format": {"type": "json_object"}}),
        ("reasoning_effort", {"reasoning_effort": "low", "info": known("bedrock", CLAUDE, reasoning=False)}),
        ("reasoning_effort", {"reasoning_effort": "low", "model": LLAMA}),
        ("reasoning_effort", {"reasoning_effort": "max", "model": NOVA}),
    ],
)
def test_what_the_model_does_not_take_is_refused_by_name(name: str, given: dict[str, Any]) -> None:
    error = refusal(**given)

    assert isinstance(error, RefusedParameter)
    assert error.name == name


@pytest.mark.parametrize(
    ("given", "loc"),
    [
        ({"from_caller": True}, ("body", "custom_base_url")),
        ({"key_from_caller": True}, ("body", "provider_key")),
        ({"extra": {"modelId": "anthropic.claude-opus-5-5"}}, ("body", "parameters", "extra", "modelId")),
        ({"messages": image("https://example.com/a.png")}, ("body", "messages", 0, "content", 0, "image_url", "url")),
        (
            {"messages": image(f"data:image/tiff;base64,{PNG}")},
            ("body", "messages", 0, "content", 0, "image_url", "url"),
        ),
    ],
)
def test_what_cannot_be_sent_is_refused_where_it_stands(given: dict[str, Any], loc: tuple[str | int, ...]) -> None:
    assert refusal(**given).loc == loc


def test_an_answer_schema() -> None:
    made = request(response_format={"type": "json_schema", "json_schema": {"name": "city", "schema": SCHEMA}})

    assert made["outputConfig"] == {
        "textFormat": {
            "type": "json_schema",
            "structure": {
                "jsonSchema": {
                    "schema": '{"type": "object", "properties": {"city": {"type": "string"}}}',
                    "name": "city",
                }
            },
        }
    }


def test_tools() -> None:
    functions = [{"name": "f", "description": "Does it", "parameters": SCHEMA}, {"name": "g", "strict": True}]

    made = request(tools=[{"type": "function", "function": function} for function in functions])

    assert made["toolConfig"]["tools"] == [
        {"toolSpec": {"name": "f", "inputSchema": {"json": SCHEMA}, "description": "Does it"}},
        {"toolSpec": {"name": "g", "inputSchema": {"json": {"type": "object", "properties": {}}}, "strict": True}},
    ]


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        ("us.anthropic.claude-sonnet-5-5", {"top_k": 5}),
        ("eu.amazon.nova-pro-v1:0", {"inferenceConfig": {"topK": 5}}),
    ],
)
def test_top_k_in_the_form_of_each_maker(model: str, fields: dict[str, Any]) -> None:
    made = bedrock.converse_request(call("bedrock", model, api_key=None, top_k=5))

    assert made["additionalModelRequestFields"] == fields
    assert "topK" not in made.get("inferenceConfig", {})


def test_top_k_where_no_form_of_it_is_known() -> None:
    with pytest.raises(RefusedParameter, match="additionalModelRequestFields"):
        bedrock.converse_request(call("bedrock", "meta.llama4", api_key=None, top_k=5))


def test_extra_adds_fields_and_merges_objects() -> None:
    made = request(
        reasoning_effort="low",
        extra={"performanceConfig": {"latency": "optimized"}, "additionalModelRequestFields": {"top_k": 5}},
    )

    assert made["performanceConfig"] == {"latency": "optimized"}
    assert made["additionalModelRequestFields"] == {
        "thinking": {"type": "adaptive"},
        "output_config": {"effort": "low"},
        "top_k": 5,
    }


def test_system_texts_images_tool_calls_and_their_results() -> None:
    made = request(
        messages=[
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Weather here?"},
            *image(f"data:image/png;base64,{PNG}"),
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": '{"city": "Zürich"}'}}],
            },
            {"role": "tool", "tool_call_id": "a", "content": "Sunny"},
        ]
    )

    assert made["system"] == [{"text": "Be brief."}]
    assert made["messages"] == [
        {
            "role": "user",
            "content": [
                {"text": "Weather here?"},
                {"image": {"format": "png", "source": {"bytes": b"\x89PNG\r\n\x1a\n"}}},
            ],
        },
        {"role": "assistant", "content": [{"toolUse": {"toolUseId": "a", "name": "f", "input": {"city": "Zürich"}}}]},
        {"role": "user", "content": [{"toolResult": {"toolUseId": "a", "content": [{"text": "Sunny"}]}}]},
    ]


# --- Answers ---------------------------------------------------------------------------------------------------------


def delta(block: int, **content: Any) -> dict[str, Any]:
    return {"contentBlockDelta": {"contentBlockIndex": block, "delta": content}}


def tool_start(block: int, identifier: str, name: str, **more: Any) -> dict[str, Any]:
    start = {"toolUse": {"toolUseId": identifier, "name": name, **more}}
    return {"contentBlockStart": {"contentBlockIndex": block, "start": start}}


def block_stop(block: int) -> dict[str, Any]:
    return {"contentBlockStop": {"contentBlockIndex": block}}


def ending(stop_reason: str, **usage: int) -> list[dict[str, Any]]:
    return [{"messageStop": {"stopReason": stop_reason}}, {"metadata": {"usage": usage, "metrics": {"latencyMs": 1}}}]


def read(*events: dict[str, Any]) -> list[ProviderEvent]:
    parser = bedrock.ConverseParser()
    read_events = [made for event in events for made in parser.feed(event)]
    return [*read_events, *parser.end()]


def test_a_stream_of_text() -> None:
    events = read(
        {"messageStart": {"role": "assistant"}},
        delta(0, reasoningContent={"text": "Hmm"}),
        delta(0, reasoningContent={"signature": "c2ln"}),
        block_stop(0),
        delta(1, text="Zwölf "),
        delta(1, text="Bären"),
        delta(1, SDK_UNKNOWN_MEMBER={"name": "hologram"}),
        block_stop(1),
        *ending("end_turn", inputTokens=10, outputTokens=7, cacheReadInputTokens=100, cacheWriteInputTokens=20),
    )

    assert events == [
        ReasoningDelta("Hmm"),
        ReplayPart({"reasoningContent": {"reasoningText": {"text": "Hmm", "signature": "c2ln"}}}),
        TextDelta("Zwölf "),
        TextDelta("Bären"),
        UsageReport(Usage(input_tokens=130, output_tokens=7, cached_tokens=100, cache_write_tokens=20)),
        Finished(FinishReason.STOP),
    ]


def test_the_end_is_told_when_it_comes() -> None:
    parser = bedrock.ConverseParser()
    fed = [event for one in (delta(0, text="Hi"), *ending("end_turn", inputTokens=1)) for event in parser.feed(one)]
    assert fed[-1] == Finished(FinishReason.STOP)


@pytest.mark.parametrize("tier", ["priority", {"type": "priority"}])
def test_a_tier_that_does_not_cost_the_list_price_is_told(tier: Any) -> None:
    stop, metadata = ending("end_turn", inputTokens=3, outputTokens=4)
    metadata["metadata"]["serviceTier"] = tier
    usage = Usage(input_tokens=3, output_tokens=4, service_tier="priority")
    assert usage_of(read(delta(0, text="Hi"), stop, metadata)) == usage


def test_what_was_kept_for_an_hour_is_told_apart() -> None:
    details = [{"ttl": "5m", "inputTokens": 7}, {"ttl": "1h", "inputTokens": 9}]
    counts: dict[str, Any] = {"inputTokens": 3, "outputTokens": 4, "cacheWriteInputTokens": 16, "cacheDetails": details}
    told = usage_of(read(delta(0, text="Hi"), *ending("end_turn", **counts)))
    assert told == Usage(input_tokens=19, output_tokens=4, cache_write_tokens=16, cache_write_1h_tokens=9)
    details.pop()
    told = usage_of(read(delta(0, text="Hi"), *ending("end_turn", **counts)))
    assert told == Usage(input_tokens=19, output_tokens=4, cache_write_tokens=16)


@pytest.mark.parametrize("message", [None, {}, {"content": "Hi"}, {"content": None}])
def test_an_answer_without_content_is_none(message: Any) -> None:
    with pytest.raises(ProviderMalformed):
        bedrock.parse_answer({"output": {"message": message}, "stopReason": "end_turn"})


def test_sources_are_told_as_they_come() -> None:
    source = {"title": "A", "location": {"web": {"url": "https://a.example", "domain": "a.example"}}}
    assert read(delta(0, citation=source), *ending("end_turn"))[0] == Citation("https://a.example", "A")
    whole = {"citationsContent": {"content": [{"text": "x"}], "citations": [source, {"title": "B"}]}}
    answer = {"output": {"message": {"content": [whole]}}, "stopReason": "end_turn"}
    assert bedrock.parse_answer(answer)[:2] == [Citation("https://a.example", "A"), Citation(None, "B")]


def test_a_tool_call_is_whole_when_its_block_ends() -> None:
    parser = bedrock.ConverseParser()
    frames = (tool_start(0, "tooluse_c", "get_time"), block_stop(0))
    events = [event for one in frames for event in parser.feed(one)]
    assert tool_calls_of(events) == {0: ("tooluse_c", "get_time", "{}")}


def test_a_stream_of_tool_calls() -> None:
    events = read(
        delta(0, text="Both."),
        block_stop(0),
        tool_start(1, "tooluse_a", "get_weather"),
        delta(1, toolUse={"input": ""}),
        delta(1, toolUse={"input": '{"location":'}),
        delta(1, toolUse={"input": ' "Zürich"}'}),
        block_stop(1),
        tool_start(2, "srvtooluse_b", "nova_grounding", type="server_tool_use"),
        delta(2, toolUse={"input": "{}"}),
        block_stop(2),
        tool_start(3, "tooluse_c", "get_time"),
        block_stop(3),
        *ending("tool_use", inputTokens=1, outputTokens=1),
    )

    assert text_of(events) == "Both."
    assert tool_calls_of(events) == {
        0: ("tooluse_a", "get_weather", '{"location": "Zürich"}'),
        1: ("tooluse_c", "get_time", "{}"),
    }
    assert events[-1] == Finished(FinishReason.TOOL)


@pytest.mark.parametrize(
    ("stop_reason", "reason"),
    [
        ("stop_sequence", FinishReason.STOP),
        ("max_tokens", FinishReason.LENGTH),
        ("model_context_window_exceeded", FinishReason.LENGTH),
        ("guardrail_intervened", FinishReason.FILTER),
        ("content_filtered", FinishReason.FILTER),
        ("malformed_model_output", FinishReason.ERROR),
    ],
)
def test_finish_reasons(stop_reason: str, reason: FinishReason) -> None:
    assert read(*ending(stop_reason)) == [Finished(reason)]


def test_a_word_that_is_not_known_is_kept() -> None:
    assert read(*ending("something_new")) == [Finished(FinishReason.ERROR, "something_new")]


def test_a_call_makes_the_finish_reason_whatever_the_provider_calls_it() -> None:
    assert read(tool_start(0, "a", "f"), block_stop(0), *ending("end_turn"))[-1] == Finished(FinishReason.TOOL)


def test_a_stream_is_whole_once_it_said_why_it_ends() -> None:
    events = read(delta(0, text="Half an"), {"messageStop": {"stopReason": "end_turn"}})

    assert events == [TextDelta("Half an"), Finished(FinishReason.STOP)]


def test_a_stream_that_ends_before_has_failed() -> None:
    with pytest.raises(ProviderMalformed) as caught:
        read(delta(0, text="Half an"))

    assert caught.value.retryable


def test_an_event_whose_text_cannot_be_had_is_malformed() -> None:
    with pytest.raises(ProviderMalformed):
        bedrock.ConverseParser().feed({"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": 5}}})


@pytest.mark.parametrize(
    "event",
    [
        {"contentBlockDelta": {}},
        {"contentBlockStart": {"contentBlockIndex": 0}},
        {"messageStop": {}},
        {"metadata": {"usage": {"inputTokens": "many"}}},
    ],
)
def test_an_event_without_content_is_nothing(event: dict[str, Any]) -> None:
    assert bedrock.ConverseParser().feed(event) == []


def test_a_whole_answer() -> None:
    content = [
        {"reasoningContent": {"reasoningText": {"text": "Hmm"}}},
        {"text": "Let me look."},
        {"toolUse": {"toolUseId": "a", "name": "f", "input": {}}},
    ]

    events = bedrock.parse_answer(
        {
            "output": {"message": {"role": "assistant", "content": content}},
            "stopReason": "tool_use",
            "usage": {"inputTokens": 3, "outputTokens": 4, "totalTokens": 7},
        }
    )

    assert text_of(events) == "Let me look."
    assert tool_calls_of(events) == {0: ("a", "f", "{}")}
    assert events[-2:] == [UsageReport(Usage(input_tokens=3, output_tokens=4)), Finished(FinishReason.TOOL)]


def test_a_whole_answer_that_begins_with_a_tool_call() -> None:
    content = [{"toolUse": {"toolUseId": "a", "name": "f", "input": {"a": 1}}}]
    events = bedrock.parse_answer({"output": {"message": {"content": content}}, "stopReason": "tool_use"})
    assert tool_calls_of(events) == {0: ("a", "f", '{"a": 1}')}


# --- Errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "http_status", "error", "status", "retryable"),
    [
        ("ThrottlingException", 429, ProviderRateLimited, 429, True),
        ("throttlingException", None, ProviderRateLimited, 429, True),
        ("ModelNotReadyException", 429, ProviderOverloaded, 503, True),
        ("serviceUnavailableException", None, ProviderOverloaded, 503, True),
        ("internalServerException", None, ProviderError, 500, True),
        ("ModelTimeoutException", 408, ProviderError, 408, True),
        ("ModelErrorException", 424, ProviderError, 424, False),
        ("modelStreamErrorException", None, ProviderError, 424, True),
        ("ValidationException", 400, ProviderError, 400, False),
        ("ResourceNotFoundException", 404, ProviderError, 404, False),
        ("AccessDeniedException", 403, ProviderAuth, 403, False),
        ("UnrecognizedClientException", 403, ProviderAuth, 403, False),
        ("ExpiredTokenException", 400, ProviderAuth, 403, False),
    ],
)
def test_errors(code: str, http_status: int | None, error: type[ProviderError], status: int, retryable: bool) -> None:
    made = bedrock_errors.provider_error(code, "Because.", status=http_status)

    assert type(made) is error
    assert (made.status, made.retryable) == (status, retryable)
    assert made.message == ("Because." if status != 403 else bedrock_errors.REFUSED)
