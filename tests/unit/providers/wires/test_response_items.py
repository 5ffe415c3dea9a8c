"""The items of a response of OpenAI's, streamed and whole: what is shown of them, what goes back, and the end."""

import json
from typing import Any

import pytest

from promptyard.domain.errors import InvalidRequest, ProviderError, ProviderMalformed
from promptyard.domain.models.provider_events import (
    Citation,
    Finished,
    FinishReason,
    ProviderEvent,
    ReasoningDelta,
    ReplayPart,
    TextDelta,
)
from promptyard.domain.models.usage import Usage
from promptyard.providers.wires import openai_responses
from tests.support.samples.provider_calls import call, known
from tests.support.servers.wire_replay import fed, text_of, tool_calls_of, usage_of

SEALED = {"type": "reasoning", "id": "rs_1", "encrypted_content": "c2VhbGVk", "summary": []}
SEARCH = {"type": "web_search_call", "id": "ws_1", "status": "completed"}
SOURCE = {"type": "url_citation", "url": "https://a.example", "title": "A"}
TEXT = {"type": "message", "content": [{"type": "output_text", "text": "Hi"}]}


def event(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", **fields}


def done(item: dict[str, Any], **place: int) -> dict[str, Any]:
    return event("output_item.done", item=item, **place)


def completed(status: str = "completed", **response: Any) -> dict[str, Any]:
    return event(status, response=response)


def streamed(*frames: dict[str, Any]) -> list[ProviderEvent]:
    return fed(openai_responses.new_parser(), frames)


def whole(*items: dict[str, Any], **response: Any) -> list[ProviderEvent]:
    return openai_responses.new_parser().whole(json.dumps({"output": items, **response}).encode())


def thoughts(events: list[ProviderEvent]) -> str:
    return "".join(made.text for made in events if isinstance(made, ReasoningDelta))


@pytest.mark.parametrize("kind", ["reasoning_summary_text.delta", "reasoning_text.delta"])
def test_thoughts_as_they_come(kind: str) -> None:
    added = event("output_item.added", output_index=0, item={"type": "reasoning", "id": "rs_1"})
    other = event("output_item.added", output_index=1, item={"type": "message", "id": "msg_1"})
    events = streamed(
        added,
        event(kind, delta="H"),
        event(kind, delta="m"),
        event("reasoning_summary_part.added"),
        event(kind, delta="So"),
    )
    assert thoughts(events) == "Hm\n\nSo"
    assert events[0] == ReasoningDelta("H", "rs_1")
    assert streamed(other, event(kind, delta="H")) == [ReasoningDelta("H")]
    assert streamed(event(kind, delta=7)) == []


def test_thoughts_that_came_at_the_end_alone() -> None:
    item = {"type": "reasoning", "summary": [{"text": "Hm"}, {"text": None}], "content": [{"text": "So"}]}
    assert thoughts(whole(item, TEXT)) == "Hm\n\n\n\nSo"
    assert thoughts(streamed(event("reasoning_text.delta", delta="Hm"), completed(output=[item, TEXT]))) == "Hm"
    assert thoughts(streamed(completed(output=[item, TEXT]))) == thoughts(whole(item, TEXT))


def test_a_text_is_told_once() -> None:
    assert text_of(whole(TEXT)) == "Hi"
    assert text_of(streamed(event("output_text.delta", delta="Hi"), done(TEXT), completed(output=[TEXT]))) == "Hi"
    assert text_of(streamed(done(TEXT), completed(output=[]))) == "Hi"


def test_a_refusal_is_a_text_that_was_filtered() -> None:
    refused = {"type": "message", "content": [{"type": "refusal", "refusal": "No."}]}
    told = [TextDelta("No."), Finished(FinishReason.FILTER)]
    assert whole(refused) == told
    assert streamed(event("refusal.delta", delta="No."), completed(output=[refused])) == told


def test_sources_as_they_come_and_at_the_end() -> None:
    cited = [Citation("https://a.example", "A"), Citation(None, "a.pdf")]
    annotations = [SOURCE, {"type": "file_citation", "filename": "a.pdf"}]
    told = {"type": "message", "content": [{"type": "output_text", "text": "Hi", "annotations": annotations}]}
    added = [event("output_text.annotation.added", annotation=annotation) for annotation in annotations]
    assert streamed(*added) == cited
    assert [made for made in whole(told) if isinstance(made, Citation)] == cited
    events = streamed(event("output_text.delta", delta="Hi"), completed(output=[told]))
    assert [made for made in events if isinstance(made, Citation)] == cited


# --- Calls -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "name", "delta"),
    [
        ("function_call", "arguments", "function_call_arguments"),
        ("custom_tool_call", "input", "custom_tool_call_input"),
    ],
)
def test_calls_by_place_by_id_and_by_order(kind: str, name: str, delta: str) -> None:
    def item(number: int, given: str = "") -> dict[str, Any]:
        return {"type": kind, "id": f"fc_{number}", "call_id": f"call_{number}", "name": f"f{number}", name: given}

    calls = {0: ("call_0", "f0", '{"a": 0}'), 1: ("call_1", "f1", '{"a": 1}')}
    by_place = [event("output_item.added", output_index=place, item=item(place)) for place in (0, 1)]
    by_place += [event(f"{delta}.delta", output_index=place, delta=f'{{"a": {place}}}') for place in (1, 0)]
    by_id = [event("output_item.added", item=item(number)) for number in (0, 1)]
    by_id += [event(f"{delta}.delta", item_id=f"fc_{number}", delta=f'{{"a": {number}}}') for number in (1, 0)]
    in_order = []
    for number in (0, 1):
        in_order.append(event("output_item.added", item=item(number)))
        in_order += [event(f"{delta}.delta", delta=piece) for piece in ('{"a": ', f"{number}}}")]
    at_the_end = [event("output_item.added", output_index=place, item=item(place)) for place in (0, 1)]
    at_the_end += [event(f"{delta}.done", output_index=place, **{name: f'{{"a": {place}}}'}) for place in (0, 1)]
    begun_with = [
        event("output_item.added", output_index=place, item=item(place, f'{{"a": {place}}}')) for place in (0, 1)
    ]
    only_done = [done(item(number, f'{{"a": {number}}}')) for number in (0, 1)]
    corrected = [event("output_item.added", output_index=place, item=item(place, "{")) for place in (0, 1)]
    corrected += [done(item(place, f'{{"a": {place}}}'), output_index=place) for place in (0, 1)]
    for frames in (by_place, by_id, in_order, at_the_end, begun_with, only_done, corrected):
        events = streamed(*frames, completed())
        assert tool_calls_of(events) == calls
        assert events[-1] == Finished(FinishReason.TOOL)
    listed = [item(0, '{"a": 0}'), item(1, '{"a": 1}')]
    assert tool_calls_of(whole(*listed)) == calls
    assert tool_calls_of(streamed(*by_place, completed(output=listed))) == calls


# --- What goes back --------------------------------------------------------------------------------------------------


def test_sealed_thoughts_go_back_and_what_was_searched_after_them() -> None:
    back = [ReplayPart(SEALED), ReplayPart(SEARCH)]
    assert [made for made in whole(SEALED, SEARCH, TEXT) if isinstance(made, ReplayPart)] == back
    assert streamed(done(SEALED), done(SEARCH), done(TEXT)) == back
    events = streamed(done(SEALED), done(SEARCH), completed(output=[SEALED, SEARCH, TEXT]))
    assert [made for made in events if isinstance(made, ReplayPart)] == back


def test_what_was_searched_without_thoughts_does_not_go_back() -> None:
    assert [made for made in whole(SEARCH, SEALED, TEXT) if isinstance(made, ReplayPart)] == [ReplayPart(SEALED)]
    assert streamed(done(SEARCH), done({**SEALED, "encrypted_content": None})) == []


def test_searches_are_counted_once() -> None:
    told = {"usage": {"input_tokens": 3, "output_tokens": 4}, "service_tier": "flex"}
    usage = Usage(input_tokens=3, output_tokens=4, searches=2, service_tier="flex")
    assert usage_of(whole(SEARCH, SEARCH, TEXT, **told)) == usage
    assert usage_of(streamed(done(SEARCH), done(SEARCH), done(TEXT), completed(**told))) == usage
    assert usage_of(streamed(done(SEARCH), completed(output=[SEARCH, SEARCH, TEXT], **told))) == usage
    assert usage_of(streamed(done(SEARCH), done(SEARCH), completed(output=[TEXT], **told))) == usage


# --- The end ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "why", "reason"),
    [
        ("completed", None, FinishReason.STOP),
        ("completed", "max_output_tokens", FinishReason.STOP),
        ("incomplete", "max_output_tokens", FinishReason.LENGTH),
        ("incomplete", "content_filter", FinishReason.FILTER),
        ("incomplete", None, FinishReason.ERROR),
        ("cancelled", None, FinishReason.ERROR),
    ],
)
def test_why_it_ended(status: str, why: str | None, reason: FinishReason) -> None:
    details = {"incomplete_details": {"reason": why}} if why else {}
    for events in (streamed(completed(status, output=[TEXT], **details)), whole(TEXT, status=status, **details)):
        assert events[0] == TextDelta("Hi")
        assert isinstance(events[-1], Finished)
        assert events[-1].reason is reason


def test_a_response_that_failed_and_does_not_say_why_may_be_asked_again() -> None:
    with pytest.raises(ProviderError, match="did not say why") as failed:
        streamed(completed("failed"))
    assert failed.value.retryable
    with pytest.raises(ProviderError, match="did not say why"):
        whole(status="failed")


@pytest.mark.parametrize("body", [b"{}", b'{"id": "resp_1"}', b"[]"])
def test_a_body_that_is_no_response(body: bytes) -> None:
    with pytest.raises(ProviderMalformed):
        openai_responses.new_parser().whole(body)


# --- Requests --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("reasoning", "asked"), [("effort", True), (False, False), (None, False)])
def test_sealed_thoughts_are_asked_for_where_there_are_any(reasoning: Any, asked: bool) -> None:
    info = None if reasoning is None else known("openai", "m", reasoning=reasoning)
    body = openai_responses.build_request(call("openai", "m", info=info), stream=True).body
    assert body.get("include") == (["reasoning.encrypted_content"] if asked else None)


def test_nobody_has_the_conversation_kept() -> None:
    for store in (True, False, None):
        with pytest.raises(InvalidRequest, match="store"):
            openai_responses.build_request(call("openai", "m", extra={"store": store}), stream=True)
