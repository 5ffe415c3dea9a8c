"""What guards are shown: everything that a text can hide in on its way to the provider or to the caller."""

import json
from typing import Any

import pytest

from promptyard.domain.models.messages import Message, ToolCall, ToolFunction, user_prompt
from promptyard.domain.models.provider_events import Citation
from promptyard.domain.models.targets import Parameters
from promptyard.domain.runs.metrics.material import answer_side, both_sides, prompt_side, whole_run
from promptyard.domain.runs.metrics.registry import compute
from tests.support.samples.sample_runs import new_run

CARD = "4111 1111 1111 1111"
BARE = CARD.replace(" ", "")


def call(arguments: str, name: str = "pay") -> ToolCall:
    return ToolCall(id="c", function=ToolFunction(name=name, arguments=arguments))


@pytest.mark.parametrize(
    "arguments",
    [
        json.dumps({"card": CARD}),
        json.dumps({"card": int(BARE)}),
        json.dumps({"note": f"Card:\n{BARE}"}),
        json.dumps({"note": f"Card:\t{BARE}"}),
        json.dumps({"note": CARD.replace(" ", "\u00a0")}),
        json.dumps({"mail": "ada@example.com"}).replace("@", "\\u0040"),
        json.dumps({"a": [{"b": [None, True, 1.5, {CARD: 1}]}]}),
        f'{{"card": "{CARD}',
        json.dumps(CARD),
        f"pay {CARD}",
        "[" * 100_000 + f' "{CARD}',
    ],
)
def test_no_writing_of_json_hides_what_a_tool_would_get(arguments: str) -> None:
    run = new_run(output="Paying.", tool_calls=[call(arguments)])
    assert compute("pii_violation", answer_side(run)).score == 1


@pytest.mark.parametrize(
    "messages",
    [
        user_prompt(f"Charge {CARD}"),
        user_prompt("Hi", system=CARD),
        [Message(role="assistant", tool_calls=[call(json.dumps({"note": f"Card:\n{BARE}"}))]), *user_prompt("Go on")],
        [Message(role="tool", tool_call_id="c", content=CARD)],
        [Message(role="user", name="ada@example.com", content="Hi")],
        [
            Message.model_validate(
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "See"},
                        {"type": "image_url", "image_url": {"url": "https://a.example/?to=ada@example.com"}},
                    ],
                }
            )
        ],
    ],
    ids=["text", "system", "tool call", "tool's answer", "name", "image's address"],
)
def test_every_part_of_a_message_is_looked_at(messages: list[Message]) -> None:
    assert compute("pii_violation", prompt_side(new_run(messages=messages))).score == 1


@pytest.mark.parametrize(
    "parameters",
    [
        {"extra": {"instructions": f"The card is {CARD}"}},
        {"extra": {"metadata": {"user": ["ada@example.com"]}}},
        {"tools": [{"type": "function", "function": {"name": "pay", "description": f"Pays with {CARD}"}}]},
        {"response_format": {"type": "json_schema", "json_schema": {"schema": {"enum": [CARD]}}}},
        {"stop": CARD},
    ],
    ids=lambda parameters: next(iter(parameters)),
)
def test_parameters_with_texts_are_sent_too(parameters: dict[str, Any]) -> None:
    run = new_run(messages=user_prompt("Hi"), parameters=Parameters(**parameters))
    assert compute("pii_violation", prompt_side(run)).score == 1


def test_the_bytes_of_an_image_are_no_text() -> None:
    url = f"data:image/png;base64,iVBORw0KGgo/{BARE}"
    message = Message.model_validate({"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]})
    assert compute("pii_violation", prompt_side(new_run(messages=[message]))).score == 0


@pytest.mark.parametrize(
    "answer",
    [
        {"reasoning": f"The card is {CARD}."},
        {"citations": [Citation(title=f"Card {CARD}")]},
        {"citations": [Citation(text=f"The card is {CARD}")]},
        {"citations": [Citation(url=f"https://example.com/?card={CARD}")]},
    ],
    ids=["reasoning", "title", "text", "address"],
)
def test_what_stands_beside_the_text_is_looked_at(answer: dict[str, Any]) -> None:
    assert compute("pii_violation", answer_side(new_run(output="Fine.", **answer))).score == 1


def test_both_sides_are_the_sum_of_the_two() -> None:
    run = new_run(messages=user_prompt(f"Charge {CARD}"), output="Mail ada@example.com")
    assert compute("pii_violation", both_sides(run)).score == 2


def test_other_metrics_are_shown_the_conversation_alone() -> None:
    run = new_run(messages=user_prompt("Hi"), parameters=Parameters(stop="END"), output="Ho", reference="Ho")
    shown = whole_run(run)
    assert (shown.prompt, shown.output, shown.reference, shown.documents) == ("Hi", "Ho", "Ho", ())
