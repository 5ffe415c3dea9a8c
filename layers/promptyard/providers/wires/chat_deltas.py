"""What may stand in a delta or a message of OpenAI's chat form, with all that servers add to it."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from promptyard.providers.reading.values import index_of, list_of, object_of, text_of

if TYPE_CHECKING:
    from promptyard.providers.reading.answer_reader import AnswerReader

REASONING = ("reasoning_content", "reasoning", "thinking", "reasoning_text")
"""Where servers put it as a text. Some send it under two of these names."""
REASONING_PARTS = ("reasoning_details", "thinking_blocks")
"""OpenRouter's and LiteLLM's. As a rule their texts stand under a name of REASONING as well."""
_OF_REASONING = frozenset({*REASONING, *REASONING_PARTS})


def take(answer: "AnswerReader", delta: Mapping[str, Any]) -> None:
    """Raises TypeError for a text that cannot be had."""
    content = delta.get("content")
    # As a rule it has nothing else, which is quickly seen.
    if type(content) is not str or (len(delta) > 1 and not delta.keys().isdisjoint(_OF_REASONING)):
        answer.reasoning(_reasoning(delta))
        content = text_of(content)
    answer.text(content)
    for name, value in delta.items():
        if value and name in _FURTHER:
            _FURTHER[name](answer, value)


def _reasoning(delta: Mapping[str, Any]) -> str:
    for name in REASONING:
        if (said := delta.get(name)) and isinstance(said, str):
            return said
    for name in REASONING_PARTS:
        if said := "".join(map(_thought, list_of(delta.get(name)))):
            return said
    content = delta.get("content")
    return "" if isinstance(content, str) else "".join(map(_thought_in_content, list_of(content)))


def _thought(part: Mapping[str, Any]) -> str:
    return next((said for name in ("text", "summary", "thinking") if isinstance(said := part.get(name), str)), "")


def _thought_in_content(part: Mapping[str, Any]) -> str:
    """Of a content made of parts: Mistral's `thinking`, a text or a list of them."""
    if part.get("type") == "reasoning":
        return _thought(part)
    thinking = part.get("thinking")
    return thinking if isinstance(thinking, str) else "".join(map(_thought, list_of(thinking)))


def _reasoning_details(answer: "AnswerReader", value: Any) -> None:
    """OpenRouter wants them back."""
    for detail in list_of(value):
        answer.replay({"reasoning_details": [detail]})


def _refusal(answer: "AnswerReader", value: Any) -> None:
    if isinstance(value, str):
        answer.refusal(value)


def _annotations(answer: "AnswerReader", value: Any) -> None:
    for annotation in list_of(value):
        cited = object_of(annotation.get("url_citation")) or annotation
        answer.cite(cited.get("url"), cited.get("title"))


def _tool_calls(answer: "AnswerReader", value: Any) -> None:
    calls = list_of(value)
    for position, call in enumerate(calls):
        index = index_of(call.get("index"))
        key = position if index is None and len(calls) > 1 else index
        function = call.get("function")
        if not isinstance(function, dict):
            function = object_of(call.get("custom")) or call
        arguments = function.get("arguments") if "arguments" in function else function.get("input")
        extra = object_of(call.get("extra_content"))
        answer.add(answer.calls.piece(key, call.get("id"), function.get("name"), arguments, extra))


def _function_call(answer: "AnswerReader", value: Any) -> None:
    """From before there were several."""
    call = object_of(value)
    answer.add(answer.calls.piece(0, None, call.get("name"), call.get("arguments")))


_FURTHER: "Mapping[str, Callable[[AnswerReader, Any], None]]" = {
    "reasoning_details": _reasoning_details,
    "refusal": _refusal,
    "annotations": _annotations,
    "tool_calls": _tool_calls,
    "function_call": _function_call,
}
"""How what may stand beside content and reasoning is read."""
