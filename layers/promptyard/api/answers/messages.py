"""A run's answer as the message that a conversation goes on with."""

from typing import TYPE_CHECKING, Literal

from promptyard.api.answers.fields import LeftOut, WithoutNulls
from promptyard.domain.deferred import DeferredModel
from promptyard.domain.models.messages import Replayed, ToolCall

if TYPE_CHECKING:
    from promptyard.domain.runs.run import Run


class AssistantMessage(DeferredModel):
    """What to put, as it is, into the next request's `messages`. `replay` is what the provider wants back (signed or
    encrypted reasoning), and is sent to where it came from alone. Of a run that did not succeed it is the text."""

    role: Literal["assistant"]
    """Always `assistant`."""
    content: str | None
    """The answer's text. Null where it is tool calls alone."""
    tool_calls: LeftOut[list[WithoutNulls[ToolCall]]] = None
    """The tools that the model wants to have called; their results come after this message. Left out where there are
    none."""
    reasoning_content: LeftOut[str] = None
    """What the model thought, as far as its provider shows it. Left out where there is nothing."""
    replay: LeftOut[list[Replayed]] = None
    """What the provider wants back with the next turn, such as signed reasoning. Left out where there is nothing."""

    @classmethod
    def of(cls, run: "Run") -> "AssistantMessage | None":
        """None where nothing was said."""
        if run.status != "succeeded":
            return AssistantMessage(role="assistant", content=run.output) if run.output else None
        return AssistantMessage(
            role="assistant",
            content=run.output or (None if run.tool_calls else ""),
            tool_calls=run.tool_calls or None,
            reasoning_content=run.reasoning or None,
            replay=run.replay or None,
        )
