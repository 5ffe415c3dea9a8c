"""What metrics and guards are shown of a run."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from promptyard.domain.models.messages import FilePart, ImagePart, Message, ToolCall, joined_text
from promptyard.domain.models.usage import Usage
from promptyard.domain.runs.metrics.types import MetricInput
from promptyard.domain.runs.run import Run

TEXT_PARAMETERS = frozenset({"stop", "response_format", "tools", "tool_choice", "seed", "extra"})
"""Parameters that hold texts, or any number, which the provider gets beside the messages."""

_REQUEST = {"messages", "template", "parameters", "reference", "documents"}
_ANSWER = {"output", "tool_calls", "reasoning", "citations", "replay", "finish_word", "unpriced"}


def prompt_side(run: Run, sent: Any = None) -> MetricInput:
    """`sent` is what the provider is sent, as a JSON value."""
    return MetricInput(prompt=_sent_text(run), sent=(sent, run.model_dump(include=_REQUEST)))


def answer_side(run: Run) -> MetricInput:
    return MetricInput(output=_answer_text(run), given=(run.model_dump(include=_ANSWER),))


def both_sides(run: Run, sent: Any = None) -> MetricInput:
    return replace(answer_side(run), prompt=_sent_text(run), sent=prompt_side(run, sent).sent)


def whole_run(run: Run) -> MetricInput:
    """The conversation as it reads, and all that is known of the run."""
    return MetricInput(
        prompt=joined_text(run.messages),
        output=run.output,
        latency_ms=run.latency_ms,
        usage=run.usage or Usage(),
        reference=run.reference,
        documents=tuple(run.documents or ()),
        ttft_ms=run.ttft_ms,
        cost_usd=run.cost_usd,
        finish_reason=None if run.finish_reason is None else run.finish_reason.value,
        tool_calls=tuple(run.tool_calls or ()),
        tools=tuple(run.parameters.tools or ()),
    )


def text_parameters(run: Run) -> dict[str, Any]:
    """Those of TEXT_PARAMETERS that the run has."""
    return run.parameters.model_dump(include=set(TEXT_PARAMETERS), exclude_none=True)


def without_prompt(run: Run) -> Run:
    """The record without the prompt, and without what may have been part of it."""
    parameters = run.parameters.model_copy(update=dict.fromkeys(TEXT_PARAMETERS))
    gone: dict[str, Any] = {"messages": [], "template": None, "reference": None, "documents": None, "dropped": None}
    return run.model_copy(update={**gone, "parameters": parameters})


def _sent_text(run: Run) -> str:
    """All that the provider is told: beside the texts of the messages the tool calls in them, the addresses of images,
    names, and the texts of parameters."""
    texts = [text for message in run.messages for text in _message_texts(message)]
    texts += _texts(text_parameters(run))
    return "\n\n".join(texts)


def _answer_text(run: Run) -> str:
    """All that the answer says: what it would have tools do, what the model thought, and what it cites, too."""
    calls = [text for call in run.tool_calls or [] for text in _call_texts(call)]
    cited = [text for one in run.citations or [] for text in (one.title, one.text, one.url) if text]
    return "\n\n".join([run.output or "", *calls, *filter(None, [run.reasoning]), *cited])


def _message_texts(message: Message) -> Iterator[str]:
    yield from message.texts()
    if isinstance(message.content, list):
        images = [part.image_url.url for part in message.content if isinstance(part, ImagePart)]
        yield from (url for url in images if not url.startswith("data:"))
        files = [part.file for part in message.content if isinstance(part, FilePart)]
        yield from (said for file in files for said in (file.filename, file.text()) if said)
    if message.name:
        yield message.name
    yield from _texts(message.carried)
    for call in message.tool_calls or []:
        yield from _call_texts(call)


def _call_texts(call: ToolCall) -> Iterator[str]:
    """The arguments as whoever reads the JSON gets them: in the JSON itself an escape may hide what a text holds."""
    yield call.function.name
    arguments = call.function.arguments
    try:
        yield from _texts(json.loads(arguments, parse_int=str, parse_float=str, parse_constant=str))
    except (ValueError, RecursionError):
        yield arguments


def _texts(value: Any) -> list[str]:
    """The texts and numbers in a JSON value, the names of its fields among them, in their order."""
    found: list[str] = []
    left = [value]  # no recursion, for the nesting is the model's
    while left:
        value = left.pop()
        if isinstance(value, dict):
            left += [part for name, inner in reversed(value.items()) for part in (inner, name)]
        elif isinstance(value, list):
            left += reversed(value)
        elif isinstance(value, str):
            found.append(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found.append(str(value))
    return found
