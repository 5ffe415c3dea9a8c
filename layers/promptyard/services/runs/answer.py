"""An answer as it grows, and what a run's record says of it in the end."""

from datetime import datetime
from typing import Any

from promptyard.domain.errors import Cancelled, PromptyardError, ProviderError
from promptyard.domain.metering.charges import may_have_worked
from promptyard.domain.metering.counts import NOTHING, Came
from promptyard.domain.models.catalogue import ModelInfo
from promptyard.domain.models.messages import Replayed, ToolCall, ToolFunction
from promptyard.domain.models.pricing import bill
from promptyard.domain.models.provider_events import (
    Citation,
    Finished,
    FinishReason,
    ProviderEvent,
    ReasoningDelta,
    ReplayPart,
    TextDelta,
    ToolCallDelta,
    UsageReport,
)
from promptyard.domain.models.usage import Usage, UsageSource
from promptyard.domain.runs.failures import RunFailure
from promptyard.domain.runs.run import Run, RunStatus

JOINED = 256
"""So many pieces of a text."""


class GrowingText:
    """Of the pieces that are written most are joined by the hundred: each takes 50 bytes beside its characters. Before
    Python 3.12 `io.StringIO` keeps them one by one, too."""

    __slots__ = ("_joined", "_new")

    def __init__(self) -> None:
        self._joined: list[str] = []
        self._new: list[str] = []

    def write(self, piece: str) -> None:
        self._new.append(piece)
        if len(self._new) == JOINED:
            self._joined.append("".join(self._new))
            self._new.clear()

    def whole(self) -> str:
        return "".join((*self._joined, *self._new))


class Answer:
    """Collects a provider's events. Times are `time.monotonic()` seconds; durations count from the sending of
    the attempt that was answered, so that the waits of earlier attempts do not blur what the model took.
    """

    def __init__(self) -> None:
        self.began = False
        self.finish_reason: FinishReason | None = None
        self._sent_at: float | None = None
        self._first_at: float | None = None
        self._first_text_at: float | None = None
        self._last_at: float | None = None
        self._finish_word: str | None = None
        self._text: GrowingText | None = None
        self._reasoning = GrowingText()
        self._citations: list[Citation] = []
        self._replay: list[Replayed] = []
        self._characters = 0
        self._tool_calls: dict[int, _GrowingCall] = {}
        self._usage: Usage | None = None
        self._worked_before = False
        self._is_asked = False
        """An attempt goes on, or was the last one."""

    def may_have_worked(self, error: PromptyardError | None) -> bool:
        """Whether the provider may have begun to answer any of the attempts. The error is how the run ended, and the
        attempt that goes on, if one does."""
        return self._worked_before or (self._is_asked and may_have_worked(error))

    def came(self, tools_prompt_tokens: int, input_tokens: int | None = None) -> Came:
        """What the run's record does not tell of it."""
        counted = self._usage.output_tokens if self._usage else None
        return Came(self.reasoning, counted or 0, tools_prompt_tokens, input_tokens)

    def attempt_started(self, now: float) -> None:
        self._sent_at = now
        self._is_asked = True

    def attempt_failed(self, error: ProviderError) -> None:
        self._worked_before = self._worked_before or may_have_worked(error)
        self._is_asked = False

    @property
    def reasoning(self) -> str:
        return self._reasoning.whole()

    def add(self, event: ProviderEvent, now: float) -> None:
        self.began = True
        match event:
            case TextDelta(text):
                self._mark(now)
                self._first_text_at = self._first_text_at or now
                self._text = self._text or GrowingText()
                self._text.write(text)
                self._characters += len(text)
            case ReasoningDelta(text):
                self._mark(now)
                self._reasoning.write(text)
            case ToolCallDelta(index=index):
                self._mark(now)
                self._tool_calls.setdefault(index, _GrowingCall()).add(event)
            case UsageReport(usage):
                self._usage = usage
            case Citation():
                self._citations.append(event)
            case ReplayPart(part):
                place = {"after_text": self._characters, "after_calls": len(self._tool_calls)}
                self._replay.append(Replayed(part=dict(part), **place))
            case Finished(reason, word):
                # Where nothing was made, the end is what came.
                self._last_at = self._last_at or now
                self.finish_reason, self._finish_word = reason, word

    def _mark(self, now: float) -> None:
        self._first_at = self._first_at or now
        self._last_at = now

    def settle(
        self, run: Run, info: ModelInfo | None, error: PromptyardError | None, *, at: datetime, ended: float
    ) -> Run:
        """The run's final record. `at` is the wall clock, `ended` the monotonic one: where no last token tells
        the latency, the run's end does."""
        usage = self._final_usage(complete=error is None)
        known = usage is not None and usage.total_tokens is not None
        billed = bill(info, usage, run.created_at)
        return run.model_copy(
            update={
                "status": _status(error),
                "output": self._output(error),
                "tool_calls": [call.whole(index) for index, call in sorted(self._tool_calls.items())] or None,
                "reasoning": self.reasoning or None,
                "citations": self._citations or None,
                "replay": self._replay or None,
                "finish_reason": FinishReason.ERROR if error else self.finish_reason,
                "finish_word": self._finish_word,
                "usage": usage,
                "usage_source": UsageSource.REPORTED if known else UsageSource.UNKNOWN,
                "cost_usd": billed.usd,
                "cost_source": billed.source,
                "unpriced": billed.unpriced or None,
                "price_date": info.price_date.isoformat() if info and info.price_date else None,
                "latency_ms": self._milliseconds(self._last_at or ended),
                "ttft_ms": self._milliseconds(self._first_at),
                "first_text_ms": self._milliseconds(self._first_text_at),
                "error": RunFailure.of(error) if error else None,
                "settled_at": at,
            }
        )

    def _final_usage(self, *, complete: bool) -> Usage | None:
        # A stream that broke off may have told its input, but its count of the output is that of some moment.
        if self._usage is None or complete or self.finish_reason is not None:
            return self._usage
        return self._usage.model_copy(update={"output_tokens": None, "reasoning_tokens": None})

    def _milliseconds(self, moment: float | None) -> int | None:
        if moment is None or self._sent_at is None:
            return None
        return round((moment - self._sent_at) * 1000)

    def _output(self, error: PromptyardError | None) -> str | None:
        if self._text is None:
            return "" if error is None else None
        return self._text.whole()


def estimated(run: Run, counted: Usage | None, info: ModelInfo | None) -> Run:
    """The settled run with its tokens as they were counted for its charge, and the cost by them. As it is where its
    provider reported them (`counted` is None), where nothing was sent, and where it failed with nothing to count."""
    came = bool(run.output or run.tool_calls or run.reasoning)
    if counted is None or counted == NOTHING or (run.error is not None and not came):
        return run
    told = run.usage or Usage()
    tokens = {"input_tokens": counted.input_tokens, "output_tokens": counted.output_tokens if came else 0}
    usage = told.model_copy(update=tokens)
    billed = bill(info, usage, run.created_at)
    return run.model_copy(
        update={
            "usage": usage,
            "usage_source": UsageSource.ESTIMATED,
            "cost_usd": billed.usd,
            "cost_source": billed.source,
            "unpriced": billed.unpriced or None,
        }
    )


class _GrowingCall:
    """A tool call as it grows: the first id and name that came count."""

    def __init__(self) -> None:
        self._id: str | None = None
        self._name: str | None = None
        self._arguments = GrowingText()
        self._extra: dict[str, Any] | None = None

    def add(self, piece: ToolCallDelta) -> None:
        self._id = self._id or piece.id
        self._name = self._name or piece.name
        if piece.extra_content:
            self._extra = dict(piece.extra_content)
        if piece.replaces:
            self._arguments = GrowingText()
        self._arguments.write(piece.arguments)

    def whole(self, index: int) -> ToolCall:
        function = ToolFunction(name=self._name or "", arguments=self._arguments.whole())
        return ToolCall(id=self._id or f"call_{index}", function=function, extra_content=self._extra)


def _status(error: PromptyardError | None) -> RunStatus:
    if error is None:
        return RunStatus.SUCCEEDED
    return RunStatus.CANCELLED if isinstance(error, Cancelled) else RunStatus.FAILED
