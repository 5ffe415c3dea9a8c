"""The built-in stand-in: no key, no network, always the same answer to the same prompt. It is no model and says so.

`echo` gives the last user's prompt back word by word; `writer` writes a few sentences about it, fewer when told to
leave things out, one when told to be brief; `thinker` reasons first, unless its effort is `none`. Given tools, the
latter two call the first, or the one that is chosen, with arguments made from its schema; told what the tool gave, they
write. A word counts as a token. Of the parameters they obey `max_tokens`, `stop`, `tools`, `tool_choice` and
`extra: {"delay_ms": n}`, the pause in milliseconds between two words; sampling and the seed change nothing.
"""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any

from promptyard.domain.errors import InvalidRequest, RefusedParameter, UnknownModel
from promptyard.domain.models.catalogue import Wire
from promptyard.domain.models.messages import joined_text
from promptyard.domain.models.provider_events import (
    AnswerPiece,
    Finished,
    FinishReason,
    ProviderEvent,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
    UsageReport,
)
from promptyard.domain.models.targets import NamedTool, ProviderCall
from promptyard.domain.models.usage import Usage
from promptyard.providers.protocol import OwnAdapter
from promptyard.providers.wires.demo_arguments import arguments
from promptyard.providers.writing import openai_tools

REFUSED = {
    "echo": ("tools", "response_format", "reasoning_effort"),
    "writer": ("response_format", "reasoning_effort"),
    "thinker": ("response_format",),
}
"""By model. Left out in silence, they would look as if they had been obeyed."""
MODELS = tuple(REFUSED)

DEFAULT_DELAY_MS = 5
MAX_DELAY_MS = 60_000

_WORD = re.compile(r"\s*\S+(?:\s+\Z)?")
"""A word with the blanks before it, and those at the very end."""

_BRIEF = re.compile(
    r"\b(brief|briefly|short|shorter|shortest|concise|concisely|terse|tersely|succinct|compress|compressed|minimal"
    r"|telegraphic|(?:one|a single) sentence|few words|fewest words|tl;dr)\b",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"\b(leave out|omit|no filler|fewer words|dense|densely)\b", re.IGNORECASE)

_TOPIC_WORDS = 12


@dataclass(frozen=True, slots=True)
class DemoCall:
    """Implements `services.ports.runs.PreparedCall`."""

    call: ProviderCall

    @property
    def sent(self) -> Any:
        call = self.call
        return [call.model, [message.wire() for message in call.messages], call.parameters.given()]

    async def count_input(self) -> int | None:
        return None

    async def stream(self) -> AsyncGenerator[Sequence[ProviderEvent], None]:
        """The first word comes at once."""
        call = self.call
        delay = _delay_seconds(call)
        pieces = [*_reasoning(call), *(_tool_call(call) or _text(call))]
        allowed = pieces[: call.parameters.max_tokens]
        for number, piece in enumerate(allowed):
            if number:
                await asyncio.sleep(delay)
            yield [piece]
        reason = FinishReason.STOP
        if len(allowed) < len(pieces):
            reason = FinishReason.LENGTH
        elif allowed and isinstance(allowed[-1], ToolCallDelta):
            reason = FinishReason.TOOL
        yield [UsageReport(_usage(call, allowed)), Finished(reason)]


def prepare(call: ProviderCall) -> DemoCall:
    """Raises UnknownModel, RefusedParameter, or InvalidRequest for a delay or a tool that is none."""
    if call.model not in MODELS:
        raise UnknownModel(f"{call.row.id}/{call.model}")
    for name in REFUSED[call.model]:
        if getattr(call.parameters, name):
            raise RefusedParameter(name, call.model)
    openai_tools.functions(call)
    openai_tools.tool_choice(call)
    _delay_seconds(call)
    return DemoCall(call)


def _delay_seconds(call: ProviderCall) -> float:
    delay = (call.parameters.extra or {}).get("delay_ms", DEFAULT_DELAY_MS)
    if isinstance(delay, bool) or not isinstance(delay, int | float) or not 0 <= delay <= MAX_DELAY_MS:
        raise InvalidRequest(
            f"delay_ms is a number of milliseconds from 0 to {MAX_DELAY_MS}",
            loc=("body", "parameters", "extra", "delay_ms"),
        )
    return delay / 1000


def _usage(call: ProviderCall, told: list[AnswerPiece]) -> Usage:
    thought = sum(isinstance(piece, ReasoningDelta) for piece in told)
    return Usage(
        input_tokens=len(joined_text(call.messages).split()),
        output_tokens=len(told),
        reasoning_tokens=thought if call.model == "thinker" else None,
    )


def _reasoning(call: ProviderCall) -> list[AnswerPiece]:
    if call.model != "thinker" or call.parameters.reasoning_effort == "none":
        return []
    words = _last_prompt(call).split()
    text = (
        f"The prompt has {len(words)} words and begins with “{' '.join(words[:_TOPIC_WORDS])}”. "
        "The demo thinker is no model and weighs nothing, but a model would now think about it."
    )
    return [ReasoningDelta(word) for word in _WORD.findall(text)]


def _tool_call(call: ProviderCall) -> list[AnswerPiece]:
    """The call of a tool, a word of its arguments a piece; nothing where none is to be called."""
    functions, choice = openai_tools.functions(call), openai_tools.tool_choice(call)
    is_answered = bool(call.messages) and call.messages[-1].role == "tool"
    if functions is None or choice == "none" or (is_answered and choice in {None, "auto"}):
        return []
    function = functions[0]
    if isinstance(choice, NamedTool):
        function = next(one for one in functions if one.name == choice.function.name)
    before = sum(len(message.tool_calls or []) for message in call.messages)
    text = json.dumps(arguments(function.parameters), ensure_ascii=False)
    return [
        ToolCallDelta(0, f"call_{before + 1}", function.name),
        *(ToolCallDelta(0, arguments=word) for word in _WORD.findall(text)),
    ]


def _text(call: ProviderCall) -> list[AnswerPiece]:
    text = _last_prompt(call) if call.model == "echo" else _sentences(call)
    return [TextDelta(word) for word in _WORD.findall(_cut_at_stop(text, call.parameters.stop_list() or []))]


def _last_prompt(call: ProviderCall) -> str:
    """The last message of the user, else the last one of all."""
    messages = [message for message in call.messages if message.role == "user"] or call.messages
    return "\n\n".join(messages[-1].texts()) if messages else ""


def _sentences(call: ProviderCall) -> str:
    words = _last_prompt(call).split()
    topic = " ".join(words[:_TOPIC_WORDS]) + ("…" if len(words) > _TOPIC_WORDS else "")
    opening = f"You asked: “{topic}”" if topic else "You asked nothing"
    told = joined_text(call.messages)
    if _BRIEF.search(told):
        return f"{opening}, and the demo writer, which is no model, answers in one sentence."
    core = f"{opening}. The demo writer is no model: it knows nothing of the subject and says the same each time."
    if _PLAIN.search(told):
        return core
    return (
        f"{core} Your prompt has {len(words)} words, and the whole conversation {len(told.split())}. "
        "A model would now weigh what was asked, choose what to leave out, and set the rest in order. "
        "This paragraph only has the length and the pace of such an answer, so that streaming, comparisons and "
        "costs can be tried. Name another provider to hear from a real one."
    )


def _cut_at_stop(text: str, stops: list[str]) -> str:
    ends = [at for stop in stops if stop and (at := text.find(stop)) >= 0]
    return text[: min(ends)] if ends else text


_WIRE = Wire(name="demo", needs_address=False, takes_key=False, own_fields=frozenset({"delay_ms"}))
ADAPTER = OwnAdapter(_WIRE, lambda call, _: prepare(call))
