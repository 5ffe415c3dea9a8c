"""What every wire made of JSON objects reads in one way: frames that say nothing, errors, bodies, ends, choices."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from promptyard.domain.errors import ProviderError, ProviderMalformed
from promptyard.domain.models.provider_events import (
    Finished,
    FinishReason,
    ProviderEvent,
    ReasoningDelta,
    ReplayPart,
    UsageReport,
)
from promptyard.domain.models.usage import Usage
from promptyard.providers.protocol import HttpAdapter, SseEvent, StreamParser
from promptyard.providers.reading import finish_reasons
from promptyard.providers.registry import WIRES
from promptyard.providers.wires import anthropic, bedrock, google, openai_compatible, openai_responses
from tests.support.servers.wire_replay import text_of, usage_of

Frame = dict[str, Any]


@dataclass(frozen=True)
class Spoken:
    """A short answer, `ab`, as a wire tells it."""

    text: tuple[Frame, ...]
    end: tuple[Frame, ...]
    whole: Frame
    end_by: Any
    """The frames of an end for a word of the provider's."""


def _choice(**fields: Any) -> Frame:
    return {"choices": [{"index": 0, **fields}]}


def _parts(*texts: str, **fields: Any) -> Frame:
    return {"candidates": [{"content": {"parts": [{"text": text} for text in texts]}, **fields}]}


def _message_delta(word: str) -> Frame:
    return {"type": "message_delta", "delta": {"stop_reason": word}}


_ITEM = {"type": "message", "content": [{"type": "output_text", "text": "ab"}]}

WIRE_TALK: Mapping[str, Spoken] = {
    "openai_compatible": Spoken(
        tuple(_choice(delta={"content": text}) for text in "ab"),
        (_choice(delta={}, finish_reason="stop"),),
        _choice(message={"content": "ab"}, finish_reason="stop"),
        lambda word: (_choice(delta={}, finish_reason=word),),
    ),
    "openai_responses": Spoken(
        tuple({"type": "response.output_text.delta", "delta": text} for text in "ab"),
        ({"type": "response.completed", "response": {"status": "completed"}},),
        {"object": "response", "status": "completed", "output": [_ITEM]},
        lambda word: (
            {"type": "response.incomplete", "response": {"incomplete_details": {"reason": word}, "output": []}},
        ),
    ),
    "anthropic": Spoken(
        tuple({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": t}} for t in "ab"),
        (_message_delta("end_turn"), {"type": "message_stop"}),
        {"type": "message", "content": [{"type": "text", "text": "ab"}], "stop_reason": "end_turn"},
        lambda word: (_message_delta(word), {"type": "message_stop"}),
    ),
    "google": Spoken(
        (_parts("a"), _parts("b")),
        (_parts(finishReason="STOP"),),
        _parts("a", "b", finishReason="STOP"),
        lambda word: (_parts(finishReason=word),),
    ),
}

every_wire = pytest.mark.parametrize("wire", WIRE_TALK)


def parser_of(wire: str) -> StreamParser:
    adapter = WIRES[wire]
    assert isinstance(adapter, HttpAdapter)
    return adapter.new_parser()


def fed(parser: StreamParser, *frames: Frame | str) -> list[ProviderEvent]:
    texts = [frame if isinstance(frame, str) else json.dumps(frame) for frame in frames]
    return [made for text in texts for made in parser.feed(SseEvent(text))]


def told(wire: str, *frames: Frame | str) -> list[ProviderEvent]:
    parser = parser_of(wire)
    return [*fed(parser, *frames), *parser.end()]


def test_every_wire_over_http_is_tried() -> None:
    assert WIRE_TALK.keys() == {name for name, adapter in WIRES.items() if isinstance(adapter, HttpAdapter)}


# --- Frames that say nothing ------------------------------------------------------------------------------------------


@every_wire
@pytest.mark.parametrize("said", ["ping", "[PING]", "keep-alive", "[HEARTBEAT]", "", "{}", "null", '""', "[]"])
def test_a_sign_of_life_says_nothing(wire: str, said: str) -> None:
    spoken = WIRE_TALK[wire]
    events = told(wire, said, spoken.text[0], said, spoken.text[1], said, *spoken.end, said)

    assert (text_of(events), events[-1]) == ("ab", Finished(FinishReason.STOP))


@every_wire
def test_a_frame_with_its_fields_name_twice_is_read(wire: str) -> None:
    spoken = WIRE_TALK[wire]
    assert text_of(told(wire, *(f"data: {json.dumps(frame)}" for frame in spoken.text), *spoken.end)) == "ab"


@every_wire
def test_gateways_add_a_done_that_the_wire_does_not_know(wire: str) -> None:
    spoken = WIRE_TALK[wire]
    assert text_of(told(wire, *spoken.text, *spoken.end, "[DONE]")) == "ab"


def test_what_a_filter_could_not_look_at_is_no_error_of_the_run() -> None:
    failed = {"error": {"code": "content_filter_error", "message": "Not filtered"}}
    looked = {**_choice(content_filter_results=failed, delta={}), "prompt_filter_results": [failed]}
    spoken = WIRE_TALK["openai_compatible"]

    assert text_of(told("openai_compatible", *spoken.text, looked, *spoken.end)) == "ab"


# --- Errors -----------------------------------------------------------------------------------------------------------

ERRORS: list[Frame] = [
    {"error": {"message": "Too busy", "code": 503}},
    {"error": "Too busy"},
    {"error": ["Too busy"]},
    {"error": {"error": {"message": "Too busy"}}},
    {"error": {"code": "overloaded"}, "message": "Too busy"},
    {"error": {"message": "", "metadata": {"raw": "Too busy"}}},
    {"type": "error", "error": {"type": "overloaded_error", "message": "Too busy"}},
    {"object": "error", "message": "Too busy", "type": "ServerError", "code": 500},
    {"message": "Too busy", "type": "server_error"},
    {"message": "Too busy", "code": 500},
    {"code": "ServiceUnavailable", "message": "Too busy", "request_id": "r"},
    {"detail": "Too busy"},
    {"detail": [{"msg": "Too busy"}]},
    {"errors": [{"code": 7, "message": "Too busy"}], "success": False, "result": None},
    {"error_code": 17, "error_msg": "Too busy"},
    {"code": 1305, "msg": "Too busy"},
    {"choices": None, "base_resp": {"status_code": 1002, "status_msg": "Too busy"}},
    {"fault": {"faultstring": "Too busy"}},
    {"data": {"error": {"message": "Too busy"}}},
]
"""As servers of every make write them, whatever wire they speak."""


@every_wire
@pytest.mark.parametrize("error", ERRORS, ids=json.dumps)
def test_an_error_of_whatever_form_fails_the_run_with_its_sentence(wire: str, error: Frame) -> None:
    parser = parser_of(wire)
    assert text_of(fed(parser, *WIRE_TALK[wire].text)) == "ab"
    with pytest.raises(ProviderError, match=r"^Too busy$"):
        fed(parser, error)
    with pytest.raises(ProviderError, match=r"^Too busy$"):
        parser_of(wire).whole(json.dumps(error).encode())


@every_wire
@pytest.mark.parametrize(
    "frame",
    [{"code": 0, "msg": "success"}, {"base_resp": {"status_code": 0, "status_msg": "success"}}, {"title": "A chat"}],
    ids=json.dumps,
)
def test_what_says_that_all_is_well_is_no_error(wire: str, frame: Frame) -> None:
    spoken = WIRE_TALK[wire]
    assert text_of(told(wire, *spoken.text, frame, *spoken.end)) == "ab"


def test_what_came_with_an_error_is_kept() -> None:
    failed = {**_choice(message={"content": "Half"}, error={"message": "Too busy"}, finish_reason="error")}
    failed["usage"] = {"prompt_tokens": 3, "completion_tokens": 4}
    parser = openai_compatible.new_parser()
    with pytest.raises(ProviderError, match="Too busy"):
        parser.whole(json.dumps(failed).encode())

    kept = parser.left()
    assert (text_of(kept), usage_of(kept)) == ("Half", Usage(input_tokens=3, output_tokens=4))


def test_a_response_that_failed_tells_what_it_took() -> None:
    failed = {"status": "failed", "error": {"message": "Oh"}, "usage": {"input_tokens": 3, "output_tokens": 4}}
    parser = openai_responses.new_parser()
    fed(parser, *WIRE_TALK["openai_responses"].text)
    with pytest.raises(ProviderError, match="Oh"):
        fed(parser, {"type": "response.failed", "response": failed})

    assert parser.left() == [UsageReport(Usage(input_tokens=3, output_tokens=4))]


def test_counts_beside_an_error_alone_begin_no_answer() -> None:
    parser = openai_compatible.new_parser()
    with pytest.raises(ProviderError, match="Idle"):
        fed(parser, {**_choice(error={"message": "Idle"}, delta={"content": ""}), "usage": {"prompt_tokens": 3}})

    assert parser.left() == []


# --- Bodies -----------------------------------------------------------------------------------------------------------


@every_wire
@pytest.mark.parametrize("form", ["one", "list", "lines", "printed", "sse"])
def test_a_body_may_hold_the_one_object_or_all_of_a_stream(wire: str, form: str) -> None:
    spoken = WIRE_TALK[wire]
    frames = [*spoken.text, *spoken.end]
    body = {
        "one": json.dumps(spoken.whole),
        "list": json.dumps(frames),
        "lines": "\n".join(map(json.dumps, frames)),
        "printed": json.dumps(frames, indent=2),
        "sse": json.dumps(spoken.whole) + "\n\ndata: [DONE]\n\n",
    }[form]
    events = parser_of(wire).whole(body.encode())

    assert (text_of(events), events[-1]) == ("ab", Finished(FinishReason.STOP))


@every_wire
def test_a_whole_answer_in_a_frame_is_one(wire: str) -> None:
    assert text_of(told(wire, WIRE_TALK[wire].whole)) == "ab"


def test_items_that_were_told_only_when_they_were_done_are_kept() -> None:
    events = told(
        "openai_responses",
        {"type": "response.output_item.done", "output_index": 0, "item": _ITEM},
        *WIRE_TALK["openai_responses"].end,
    )
    assert text_of(events) == "ab"


def test_an_end_before_which_nothing_came_is_none() -> None:
    with pytest.raises(ProviderMalformed):
        openai_compatible.new_parser().feed(SseEvent("[DONE]"))


# --- Why it ended -----------------------------------------------------------------------------------------------------


@every_wire
@pytest.mark.parametrize("written", [str.lower, str.upper, "FinishReason.{}".format])
def test_a_word_means_the_same_on_every_wire(wire: str, written: Any) -> None:
    spoken = WIRE_TALK[wire]
    for word, reason in finish_reasons.KNOWN.items():
        meant = FinishReason.STOP if reason is FinishReason.TOOL else reason  # there are no calls
        ended = told(wire, *spoken.text, *spoken.end_by(written(word)))[-1]
        assert isinstance(ended, Finished)
        assert ended.reason is meant, word


@every_wire
def test_a_word_that_nobody_knows_is_kept_and_no_good_end(wire: str) -> None:
    spoken = WIRE_TALK[wire]
    assert told(wire, *spoken.text, *spoken.end_by("fell_asleep"))[-1] == Finished(FinishReason.ERROR, "fell_asleep")


def test_a_reason_that_was_not_specified_is_none() -> None:
    unsaid = _parts("a", finishReason="FINISH_REASON_UNSPECIFIED")
    with pytest.raises(ProviderMalformed):
        told("google", unsaid)
    assert told("google", unsaid, _parts("b", finishReason="STOP"), unsaid)[-1] == Finished(FinishReason.STOP)


# --- Several choices --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("numbers", [(None, 1), (0, 1), (None, None), (3, 4)])
def test_of_several_choices_the_first_is_the_runs(numbers: tuple[int | None, int | None]) -> None:
    """Protocol buffers leave a zero out."""
    given = [{} if number is None else {"index": number} for number in numbers]
    ours, other = given
    candidates = [{**_parts(text)["candidates"][0], **number} for text, number in zip("aX", given, strict=True)]
    last = [_parts("b", finishReason="STOP")["candidates"][0] | ours]
    if other:
        last.insert(0, _parts("Y", finishReason="STOP")["candidates"][0] | other)
    assert text_of(told("google", {"candidates": candidates}, {"candidates": last})) == "ab"

    choices = [{"delta": {"content": text}, **number} for text, number in zip("aX", given, strict=True)]
    end = [{"delta": {"content": "b"}, "finish_reason": "stop", **ours}]
    assert text_of(told("openai_compatible", {"choices": choices}, {"choices": end})) == "ab"


# --- Names of servers' own --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "delta",
    [
        {"reasoning_content": "Hm"},
        {"reasoning": "Hm"},
        {"reasoning": "Hm", "reasoning_content": "Hm", "reasoning_details": [{"text": "Hm"}]},
        {"reasoning_content": "", "reasoning": "Hm"},
        {"thinking": "Hm"},
        {"reasoning_text": "Hm"},
        {"reasoning_details": [{"type": "reasoning.summary", "summary": "Hm"}]},
        {"thinking_blocks": [{"type": "thinking", "thinking": "Hm", "signature": None}]},
        {"content": [{"type": "thinking", "thinking": "Hm"}]},
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}]},
        {"content": [{"type": "reasoning", "text": "Hm"}]},
    ],
    ids=json.dumps,
)
def test_reasoning_is_read_once_by_whatever_name(delta: Frame) -> None:
    events = told("openai_compatible", _choice(delta=delta), *WIRE_TALK["openai_compatible"].end)

    assert [event.text for event in events if isinstance(event, ReasoningDelta)] == ["Hm"]
    assert text_of(events) == ""


@pytest.mark.parametrize(
    "frame",
    [
        {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}},
        {"choices": [], "usage": {"input_tokens": 3, "output_tokens": 4}},
        {"choices": [], "usage": {"prompt_tokens": None, "input_tokens": 3, "completion_tokens": 4}},
        {"choices": [], "x_groq": {"usage": {"prompt_tokens": 3, "completion_tokens": 4}}},
        _choice(delta={}, usage={"prompt_tokens": 3, "completion_tokens": 4}),
    ],
    ids=json.dumps,
)
def test_counts_are_read_by_the_names_of_either_of_openais_apis(frame: Frame) -> None:
    spoken = WIRE_TALK["openai_compatible"]
    assert usage_of(told("openai_compatible", *spoken.text, frame, *spoken.end)) == Usage(
        input_tokens=3, output_tokens=4
    )


def test_texts_of_the_older_completions_are_pieces() -> None:
    pieces = [_choice(text="a"), _choice(text="b", finish_reason="stop")]
    assert text_of(told("openai_compatible", *pieces)) == "ab"


# --- What goes back with the next turn --------------------------------------------------------------------------------


def test_what_goes_back_is_written_in_whole_characters() -> None:
    halves = ["\ud83d", "\ude00"]
    block = {"type": "thinking", "thinking": "", "signature": "s"}
    deltas = [{"type": "thinking_delta", "thinking": half} for half in halves]
    thinking = [
        {"type": "content_block_start", "index": 0, "content_block": block},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": 0},
    ]
    converse = bedrock.ConverseParser()
    events = fed(anthropic.new_parser(), *thinking)
    for half in halves:
        delta = {"reasoningContent": {"text": half, "signature": "s"}}
        events += converse.feed({"contentBlockDelta": {"contentBlockIndex": 0, "delta": delta}})
    events += converse.feed({"contentBlockStop": {"contentBlockIndex": 0}})
    signed = {"text": "".join(halves), "thought": True, "thoughtSignature": "s"}
    events += fed(google.new_parser(), {"candidates": [{"content": {"parts": [signed]}}]})

    kept = [event.part for event in events if isinstance(event, ReplayPart)]
    assert len(kept) == 3
    assert all("\U0001f600" in json.dumps(part, ensure_ascii=False).encode().decode() for part in kept)
    thought = "".join(event.text for event in events if isinstance(event, ReasoningDelta))
    assert thought == "\U0001f600" * 3
