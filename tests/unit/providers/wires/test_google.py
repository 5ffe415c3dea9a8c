"""The Gemini adapter: what it sends, and what it makes of answers (bytes after the documentation, not recorded)."""

import json
from typing import Any

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
from promptyard.providers.protocol import Ending, SseEvent
from promptyard.providers.wires import google
from tests.support.samples.provider_calls import KEY, call, known
from tests.support.servers.wire_replay import (
    FIXTURES,
    every_split,
    replay,
    replay_failing,
    text_of,
    tool_calls_of,
    usage_of,
)

ANSWERS = FIXTURES / "google"
MODEL = "gemini-3.8-flash"
LEVEL = known("google", MODEL, sampling=False, reasoning="level")
BUDGET = known("google", "gemini-2.5-pro", reasoning="budget")
SIGNATURE = {"thoughtSignature": "skip_thought_signature_validator"}
TOOL_CONVERSATION = [
    {"role": "user", "content": "Weather and time?"},
    {
        "role": "assistant",
        "tool_calls": [
            {"id": "a", "function": {"name": "get_weather", "arguments": '{"location": "Zürich"}'}},
            {"id": "b", "function": {"name": "get_time", "arguments": "{}"}},
        ],
    },
    {"role": "tool", "tool_call_id": "a", "content": '{"sky": "clear"}'},
    {"role": "tool", "tool_call_id": "b", "content": "12:00"},
]


def body(**given: Any) -> dict[str, Any]:
    return google.build_request(call("google", MODEL, **given), stream=True).body


def config(**given: Any) -> dict[str, Any]:
    found: dict[str, Any] = body(**given).get("generationConfig", {})
    return found


def refusal(**given: Any) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        body(**given)
    return caught.value


def image(url: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}]


def test_a_plain_prompt() -> None:
    request = google.build_request(call("google", MODEL), stream=True)

    assert request.url == f"https://provider.example/v1beta/models/{MODEL}:streamGenerateContent?alt=sse"
    assert request.headers == {"x-goog-api-key": KEY}
    assert request.body == {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}


def test_the_key_is_in_no_url_and_no_repr() -> None:
    request = google.build_request(call("google", MODEL), stream=True)

    assert KEY not in request.url
    assert KEY not in repr(request)
    assert google.build_request(call("google", MODEL, api_key=None), stream=True).headers == {}


@pytest.mark.parametrize(
    ("model", "path"),
    [
        (MODEL, f"models/{MODEL}:generateContent"),
        ("models/gemini-2.5-pro", "models/gemini-2.5-pro:generateContent"),
        ("tunedModels/mine", "tunedModels/mine:generateContent"),
        ("../../upload/v1beta/files?x=", "models/..%2F..%2Fupload%2Fv1beta%2Ffiles%3Fx%3D:generateContent"),
        ("models/../files", "models/..%2Ffiles:generateContent"),
    ],
)
def test_a_models_name_stays_one_part_of_the_path(model: str, path: str) -> None:
    request = google.build_request(call("google", model), stream=False)

    assert request.url == f"https://provider.example/v1beta/{path}"


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"temperature": 0.0}, {"temperature": 0.0}),
        ({"top_p": 0.5}, {"topP": 0.5}),
        ({"max_tokens": 10}, {"maxOutputTokens": 10}),
        ({"stop": "END"}, {"stopSequences": ["END"]}),
        ({"seed": 0}, {"seed": 0}),
        ({"response_format": {"type": "text"}}, {}),
        ({"response_format": {"type": "json_object"}}, {"responseMimeType": "application/json"}),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "array"}}}},
            {"responseMimeType": "application/json", "responseJsonSchema": {"type": "array"}},
        ),
        ({"reasoning_effort": "xhigh"}, {"thinkingConfig": {"thinkingLevel": "XHIGH"}}),
        ({"reasoning_effort": "minimal", "info": LEVEL}, {"thinkingConfig": {"thinkingLevel": "MINIMAL"}}),
        ({"reasoning_effort": "none", "info": BUDGET}, {"thinkingConfig": {"thinkingBudget": 0}}),
        ({"reasoning_effort": "high", "info": BUDGET}, {"thinkingConfig": {"thinkingBudget": 24_576}}),
        ({"temperature": 1.0, "extra": {"generationConfig": {"topK": 5}}}, {"temperature": 1.0, "topK": 5}),
    ],
)
def test_parameters(given: dict[str, Any], fields: dict[str, Any]) -> None:
    assert config(**given) == fields


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("temperature", {"temperature": 0.7, "info": LEVEL}),
        ("reasoning_effort", {"reasoning_effort": "none", "info": LEVEL}),
        ("reasoning_effort", {"reasoning_effort": "max", "info": LEVEL}),
        ("reasoning_effort", {"reasoning_effort": "xhigh", "info": BUDGET}),
        ("reasoning_effort", {"reasoning_effort": "low", "info": known("google", MODEL, reasoning=False)}),
        ("tools", {"tools": [{"function": {"name": "f"}}], "info": known("google", MODEL, tools=False)}),
        (
            "response_format",
            {"response_format": {"type": "json_object"}, "info": known("google", MODEL, json_schema=False)},
        ),
    ],
)
def test_what_the_model_does_not_take_is_refused_by_name(name: str, given: dict[str, Any]) -> None:
    error = refusal(**given)

    assert isinstance(error, RefusedParameter)
    assert error.name == name


def test_extra_does_not_replace_what_the_request_says() -> None:
    assert refusal(max_tokens=5, extra={"generationConfig": {"maxOutputTokens": 10**6}}).loc == (
        *("body", "parameters", "extra"),
        *("generationConfig", "maxOutputTokens"),
    )


def test_system_texts_go_to_their_own_field() -> None:
    sent = body(messages=[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}])

    assert sent["systemInstruction"] == {"parts": [{"text": "Be brief."}]}
    assert sent["contents"] == [{"role": "user", "parts": [{"text": "Hi"}]}]


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("data:image/png;base64,iVBORw0K", {"inlineData": {"mimeType": "image/png", "data": "iVBORw0K"}}),
        (
            "https://example.com/a.JPG?size=2",
            {"fileData": {"fileUri": "https://example.com/a.JPG?size=2", "mimeType": "image/jpeg"}},
        ),
        ("https://example.com/picture", {"fileData": {"fileUri": "https://example.com/picture"}}),
        ("https://[no.gif/a?b.png", {"fileData": {"fileUri": "https://[no.gif/a?b.png"}}),
    ],
)
def test_images(url: str, part: dict[str, Any]) -> None:
    assert body(messages=image(url))["contents"][0]["parts"] == [part]


def test_images_are_refused_for_a_model_that_sees_none() -> None:
    error = refusal(messages=image("https://example.com/a.png"), info=known("google", MODEL, images=False))

    assert error.loc == ("body", "messages", 0, "content", 0)


def test_tools() -> None:
    function = {"name": "f", "description": "Does it", "parameters": {"type": "object", "properties": {}}}

    sent = body(tools=[{"type": "function", "function": function}])

    assert sent["tools"] == [
        {
            "functionDeclarations": [
                {"name": "f", "parametersJsonSchema": function["parameters"], "description": "Does it"}
            ]
        }
    ]
    assert "toolConfig" not in sent


def test_strict_tools_are_held_to_their_schema() -> None:
    sent = body(tools=[{"type": "function", "function": {"name": "f", "strict": True}}])

    assert sent["toolConfig"] == {"functionCallingConfig": {"mode": "VALIDATED"}}


def test_tool_calls_and_their_results_take_turns() -> None:
    assert body(messages=TOOL_CONVERSATION)["contents"] == [
        {"role": "user", "parts": [{"text": "Weather and time?"}]},
        {
            "role": "model",
            "parts": [
                {"functionCall": {"id": "a", "name": "get_weather", "args": {"location": "Zürich"}}},
                {"functionCall": {"id": "b", "name": "get_time", "args": {}}},
            ],
        },
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"id": "a", "name": "get_weather", "response": {"sky": "clear"}}},
                {"functionResponse": {"id": "b", "name": "get_time", "response": {"output": "12:00"}}},
            ],
        },
    ]


def test_a_result_answers_the_last_call_of_its_id() -> None:
    turns = [
        message
        for name in ("first", "second")
        for message in (
            {"role": "assistant", "tool_calls": [{"id": "call_0", "function": {"name": name, "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "call_0", "content": "done"},
        )
    ]

    parts = [content["parts"][0] for content in body(messages=turns)["contents"]]

    assert [part["functionResponse"]["name"] for part in parts if "functionResponse" in part] == ["first", "second"]


def test_a_model_that_wants_its_calls_signed_is_told_that_they_are_not() -> None:
    parts = body(messages=TOOL_CONVERSATION, info=LEVEL)["contents"][1]["parts"]

    assert [part.items() >= SIGNATURE.items() for part in parts] == [True, True]


def test_a_result_of_an_unknown_call_is_refused() -> None:
    orphan = [{"role": "tool", "tool_call_id": "z", "content": "4"}]

    assert refusal(messages=orphan).loc == ("body", "messages", 0, "tool_call_id")
    assert body(messages=[orphan[0] | {"name": "f"}])["contents"][0]["parts"][0]["functionResponse"]["name"] == "f"


# --- Answers ---------------------------------------------------------------------------------------------------------

STREAMS = {
    "text_cached": (
        "Zwölf Bären 🐻\u2028 essen.",
        FinishReason.STOP,
        Usage(input_tokens=2310, output_tokens=9, cached_tokens=2048),
    ),
    "thinking": ("12,231", FinishReason.LENGTH, Usage(input_tokens=16, output_tokens=92, reasoning_tokens=86)),
    "tool_use": ("Both at once.", FinishReason.TOOL, Usage(input_tokens=80, output_tokens=24)),
    "blocked_prompt": ("", FinishReason.FILTER, Usage(input_tokens=7, output_tokens=0)),
    "safety": ("First you", FinishReason.FILTER, Usage(input_tokens=9, output_tokens=2)),
}


def read(*parts: dict[str, Any], **more: Any) -> list[ProviderEvent]:
    """Of a candidate that is not at its end."""
    candidate = {"content": {"parts": list(parts)}, **more}
    return google.new_parser().feed(SseEvent(json.dumps({"candidates": [candidate]})))


def test_what_was_thought_goes_back_where_it_is_signed_or_hidden() -> None:
    shown = {"text": "Hm", "thought": True}
    signed = {**shown, "thoughtSignature": "c2ln"}
    hidden = {"thought": True}
    assert read(shown) == [ReasoningDelta("Hm")]
    assert read(signed) == [ReplayPart(signed), ReasoningDelta("Hm")]
    assert read(hidden) == [ReplayPart(hidden)]
    assert read({"text": "Hi"}) == [TextDelta("Hi")]
    assert read({"text": ""}) == []


@pytest.mark.parametrize("part", [{"executableCode": {"code": "1"}}, {"codeExecutionResult": {"output": "1"}}])
def test_what_google_ran_goes_back(part: dict[str, Any]) -> None:
    assert read(part) == [ReplayPart(part)]


@pytest.mark.parametrize("kind", ["web", "retrievedContext"])
def test_sources_and_searches(kind: str) -> None:
    chunks = [{kind: {"uri": "https://a.example", "title": "A"}}]
    found = read({"text": "Hi"}, groundingMetadata={"groundingChunks": chunks, "webSearchQueries": ["a", "b"]})
    assert found[:2] == [TextDelta("Hi"), Citation("https://a.example", "A")]
    assert usage_of(found) == Usage(searches=2)
    assert usage_of(read({"text": "Hi"}, groundingMetadata={"webSearchQueries": []})) is None


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_reads_the_same_however_it_is_cut(name: str) -> None:
    text, reason, usage = STREAMS[name]
    data = (ANSWERS / f"{name}.sse").read_bytes()
    whole = replay(google.new_parser, [data])

    assert text_of(whole) == text
    assert whole[-1] == Finished(reason)
    assert usage_of(whole) == usage
    assert all(replay(google.new_parser, chunks) == whole for chunks in every_split(data))


def test_tool_calls_are_numbered_and_keep_their_ids() -> None:
    events = replay(google.new_parser, [(ANSWERS / "tool_use.sse").read_bytes()])

    assert tool_calls_of(events) == {
        0: ("xmz5d07a", "get_weather", '{"location": "Zürich"}'),
        1: (None, "get_time", "{}"),
    }


@pytest.mark.parametrize(
    ("name", "error", "text"),
    [
        ("error_as_data", ProviderOverloaded, "Half an"),
        ("error_as_json", ProviderOverloaded, "Half an"),
        ("truncated", ProviderMalformed, "Zwölf"),
    ],
)
def test_a_broken_stream_fails_after_what_came(name: str, error: type[ProviderError], text: str) -> None:
    for chunks in every_split((ANSWERS / f"{name}.sse").read_bytes()):
        events, failure = replay_failing(google.new_parser, chunks)
        assert type(failure) is error
        assert failure.retryable
        assert text_of(events) == text


def test_every_cut_short_stream_fails() -> None:
    data = (ANSWERS / "thinking.sse").read_bytes()
    for length in range(len(data.rstrip(b"\n"))):
        events, failure = replay_failing(google.new_parser, [data[:length]])
        assert type(failure) is ProviderMalformed
        assert not any(isinstance(event, Finished) for event in events)


def test_the_last_finish_reason_counts_and_the_bytes_end_the_answer() -> None:
    parser = google.new_parser()
    pieces = [{"candidates": [{"content": {"parts": [{"text": text}]}, "finishReason": "STOP"}]} for text in "ab"]
    pieces.append({"candidates": [{"finishReason": "MAX_TOKENS"}], "usageMetadata": {"promptTokenCount": 1}})

    assert [parser.feed(SseEvent(json.dumps(piece))) for piece in pieces] == [
        [TextDelta("a")],
        [TextDelta("b")],
        [UsageReport(Usage(input_tokens=1))],
    ]
    assert parser.end() == [Finished(FinishReason.LENGTH)]


def test_between_two_rounds_of_googles_own_tool_more_is_due() -> None:
    parser = google.new_parser()
    result = {"content": {"parts": [{"codeExecutionResult": {"output": "2"}}]}, "finishReason": "STOP"}
    parser.feed(SseEvent(json.dumps({"candidates": [result]})))

    assert parser.ending is Ending.MORE_DUE


@pytest.mark.parametrize(
    ("finish_reason", "finished"),
    [
        ("RECITATION", Finished(FinishReason.FILTER)),
        ("SPII", Finished(FinishReason.FILTER)),
        ("MALFORMED_FUNCTION_CALL", Finished(FinishReason.ERROR, "MALFORMED_FUNCTION_CALL")),
        ("OTHER", Finished(FinishReason.ERROR, "OTHER")),
        ("SOMETHING_NEW", Finished(FinishReason.ERROR, "SOMETHING_NEW")),
    ],
)
def test_finish_reasons(finish_reason: str, finished: Finished) -> None:
    answer = json.dumps({"candidates": [{"finishReason": finish_reason}]}).encode()

    assert google.new_parser().whole(answer) == [finished]


def test_what_google_says_of_its_reason_is_kept_with_it() -> None:
    answer = {"candidates": [{"finishReason": "MALFORMED_FUNCTION_CALL", "finishMessage": "No such function"}]}

    assert google.new_parser().whole(json.dumps(answer).encode()) == [
        Finished(FinishReason.ERROR, "MALFORMED_FUNCTION_CALL: No such function")
    ]


@pytest.mark.parametrize("total", ["", ', "totalTokenCount": 2'])
def test_an_output_count_that_is_not_told_is_not_known(total: str) -> None:
    counts = f'"usageMetadata": {{"promptTokenCount": 3{total}}}'
    answer = f'{{"candidates": [{{"finishReason": "STOP"}}], {counts}}}'.encode()

    assert usage_of(google.new_parser().whole(answer)) == Usage(input_tokens=3, output_tokens=None)


@pytest.mark.parametrize("data", ["{", '{"candidates": [{"content": {"parts": [{"text": 5}]}}]}', "[" * 100_000])
def test_a_frame_whose_text_cannot_be_had_is_malformed(data: str) -> None:
    with pytest.raises(ProviderMalformed):
        google.new_parser().feed(SseEvent(data))


@pytest.mark.parametrize(
    "data",
    [
        "",
        "[]",
        "null",
        '{"candidates": {}, "usageMetadata": 5}',
        '{"candidates": [5]}',
        '{"candidates": [{"content": null}]}',
        '{"candidates": [], "usageMetadata": {"promptTokenCount": "many", "candidatesTokenCount": -3}}',
    ],
)
def test_a_frame_without_content_is_nothing(data: str) -> None:
    assert google.new_parser().feed(SseEvent(data)) == []


def test_a_whole_answer() -> None:
    events = google.new_parser().whole((ANSWERS / "answer.json").read_bytes())

    assert text_of(events) == "Let me look."
    assert tool_calls_of(events) == {0: (None, "get_weather", '{"location": "Zürich"}')}
    assert events[-2:] == [
        UsageReport(Usage(input_tokens=100, output_tokens=32, cached_tokens=60, reasoning_tokens=12)),
        Finished(FinishReason.TOOL),
    ]


@pytest.mark.parametrize("answer", [b"", b"<html>", b"{}", b'{"candidates": [{"content": {}}]}'])
def test_an_answer_without_an_end_is_malformed(answer: bytes) -> None:
    with pytest.raises(ProviderMalformed):
        google.new_parser().whole(answer)


# --- Errors ----------------------------------------------------------------------------------------------------------


def failure(status: int, **error: Any) -> ProviderError:
    return google.parse_error(
        status, {}, json.dumps({"error": {"code": status, "message": "Because.", **error}}).encode()
    )


@pytest.mark.parametrize(
    ("status", "error", "retryable"),
    [
        (400, ProviderError, False),
        (402, ProviderError, False),
        (403, ProviderAuth, False),
        (404, ProviderError, False),
        (429, ProviderRateLimited, True),
        (500, ProviderError, True),
        (503, ProviderOverloaded, True),
    ],
)
def test_errors_by_status(status: int, error: type[ProviderError], retryable: bool) -> None:
    made = failure(status)

    assert type(made) is error
    assert (made.message, made.status, made.retryable) == ("Because.", status, retryable)


def test_an_unknown_key_is_a_400_and_still_about_the_key() -> None:
    made = google.parse_error(400, {}, (ANSWERS / "error_invalid_key.json").read_bytes())

    assert type(made) is ProviderAuth
    assert made.status == 400


def test_a_minutes_quota_says_when_to_come_back() -> None:
    made = google.parse_error(429, {}, (ANSWERS / "error_quota_minute.json").read_bytes())

    assert (made.retryable, made.retry_after) == (True, 34.074)


def test_a_days_quota_is_not_tried_again() -> None:
    details = [{"violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}]

    assert not failure(429, details=details).retryable


@pytest.mark.parametrize(
    ("field", "param"),
    [
        ("generation_config.top_p", "top_p"),
        ("generationConfig.thinkingConfig.thinkingBudget", "reasoning_effort"),
        ("x", None),
    ],
)
def test_a_refused_field_is_named_as_ours(field: str, param: str | None) -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [{"field": field}]}]

    assert failure(400, details=details).param == param


@pytest.mark.parametrize("answer", [b"", b"<html>", b"[]", b'{"error": {"details": 5, "message": null}}'])
def test_an_error_of_another_shape_names_its_status(answer: bytes) -> None:
    assert google.parse_error(502, {}, answer).message == "The provider answered with status 502"


def test_an_error_in_a_list() -> None:
    assert google.parse_error(500, {}, b'[{"error": {"code": 500, "message": "Inside"}}]').message == "Inside"
