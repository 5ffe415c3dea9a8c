"""The pieces of an answer on their way into its run's log."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from operator import itemgetter

from promptyard.domain.models.messages import ToolCall
from promptyard.domain.models.provider_events import (
    AnswerPiece,
    ProviderEvent,
    ReasoningDelta,
    ReplayPart,
    TextDelta,
    ToolCallDelta,
)
from promptyard.services.runs.resuming.packed_events import as_it_is
from promptyard.services.runs.run_events import parts_of_piece

BURST = 32
"""More events than these, come at once, are no stream that anybody could follow."""
SINGLE = 20_000
"""So many pieces of an answer are told one by one."""
GATHERED = 512
GATHER_SECONDS = 0.04
"""The others are told together: so many at most, those of so long a time at most."""


class PieceGatherer:
    """Tells pieces as they come, and those of a very long answer several in one: an event takes room and time,
    however few characters it carries."""

    def __init__(self, tell: Callable[[Sequence[AnswerPiece | ReplayPart]], None]) -> None:
        self._tell = tell
        self._told = 0
        self._gathered: list[AnswerPiece] = []
        self._timer: asyncio.TimerHandle | None = None

    def add(self, pieces: Sequence[AnswerPiece | ReplayPart]) -> None:
        single = pieces[: SINGLE - self._told]
        if single:
            self._told += len(single)
            self._tell(single)
        for piece in pieces[len(single) :]:
            if isinstance(piece, ReplayPart):
                self.flush()
                self._tell([piece])
                continue
            self._gathered.append(piece)
            if len(self._gathered) == GATHERED:
                self.flush()
            elif self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(GATHER_SECONDS, self.flush)

    def flush(self) -> None:
        """Tell what is gathered."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        gathered, self._gathered = self._gathered, []
        if gathered:
            self._tell(joined(gathered))


def without_bursts(events: Sequence[ProviderEvent]) -> Sequence[ProviderEvent]:
    """Events that came together; where these are very many, texts that follow one another and are alike as one."""
    if len(events) <= BURST:
        return events
    fewer: list[ProviderEvent] = []
    place = 0
    for maker, alike in groupby(map(parts_of_piece, events), key=itemgetter(0)):
        texts = [text for _, text in alike]
        fewer += events[place : place + len(texts)] if maker is as_it_is else [maker("".join(texts))]
        place += len(texts)
    return fewer


def joined(pieces: Iterable[AnswerPiece]) -> list[AnswerPiece]:
    """The pieces of the text as one, those of the reasoning, and those of each tool call; each where its first was."""
    alike: dict[tuple[type[AnswerPiece], int], list[AnswerPiece]] = {}
    thoughts = 0
    for piece in pieces:
        thoughts += isinstance(piece, ReasoningDelta) and piece.item is not None
        index = piece.index if isinstance(piece, ToolCallDelta) else 0
        index = thoughts if isinstance(piece, ReasoningDelta) else index
        alike.setdefault((type(piece), index), []).append(piece)
    return [_joined(group) for group in alike.values()]


def _joined(alike: Sequence[AnswerPiece]) -> AnswerPiece:
    first = alike[0]
    if isinstance(first, ToolCallDelta):
        calls = [piece for piece in alike if isinstance(piece, ToolCallDelta)]
        whole = next((place for place in reversed(range(len(calls))) if calls[place].replaces), None)
        identifier = next((call.id for call in calls if call.id), None)
        name = next((call.name for call in calls if call.name), None)
        arguments = "".join(call.arguments for call in calls[whole or 0 :])
        extra = next((call.extra_content for call in reversed(calls) if call.extra_content), None)
        return ToolCallDelta(first.index, identifier, name, arguments, replaces=whole is not None, extra_content=extra)
    return replace(first, text="".join(piece.text for piece in alike if not isinstance(piece, ToolCallDelta)))


def whole_pieces(text: str | None, tool_calls: Sequence[ToolCall] | None, reasoning: str = "") -> list[AnswerPiece]:
    """An answer in as few pieces as it has parts."""
    pieces: list[AnswerPiece] = [ReasoningDelta(reasoning)] if reasoning else []
    if text:
        pieces.append(TextDelta(text))
    for index, call in enumerate(tool_calls or []):
        function = call.function
        pieces.append(
            ToolCallDelta(index, call.id, function.name, function.arguments, extra_content=call.extra_content)
        )
    return pieces
