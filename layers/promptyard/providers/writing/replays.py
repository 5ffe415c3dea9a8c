"""An assistant's message as the blocks of its wire, with what its provider wants back of the answer where it stood."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from promptyard.domain.models.messages import AnyPart, Message, TextPart, ToolCall

if TYPE_CHECKING:
    from promptyard.providers.writing.openai_form import Block, Loc

Part = Mapping[str, Any]


def _no_text(_: Part) -> str:
    return ""


def blocks(
    message: Message,
    parts: "Iterable[tuple[Loc, AnyPart]]",
    *,
    content: "Callable[[AnyPart, Loc], list[Block]]",
    call: "Callable[[ToolCall], Block]",
    replayed: "Callable[[Part], Block | None]",
    text_in: Callable[[Part], str] = _no_text,
) -> "list[Block]":
    """The message's `parts` and tool calls as `content` and `call` write them, among them what `replayed` makes of
    what is to go back: None of what is another wire's. `text_in` says which of the answer's text stands in such a part;
    where the message has other text in that place, the part is left out."""
    written: list[Block] = []
    texts = _Texts(parts)
    calls = deque(enumerate(message.tool_calls or []))

    def write_calls(until: int | None = None) -> None:
        while calls and (until is None or calls[0][0] < until):
            written.append(call(calls.popleft()[1]))

    for entry in message.replay:
        block = replayed(entry.part)
        if block is None:
            continue
        for part, loc in texts.until(entry.after_text):
            written += content(part, loc)
        write_calls(entry.after_calls)
        if texts.skip(text_in(entry.part)):
            written.append(block)
    for part, loc in texts.until(None):
        written += content(part, loc)
    write_calls()
    return written


class _Texts:
    """A message's content, which can be taken up to some character of its texts."""

    def __init__(self, parts: "Iterable[tuple[Loc, AnyPart]]") -> None:
        self._parts = deque((part, loc) for loc, part in parts)
        self._taken = 0
        self._blank = 0  # how many blanks before the place that was asked for are still here

    def until(self, characters: int | None) -> "Iterator[tuple[AnyPart, Loc]]":
        """The parts up to there, the last one cut; None: all that are left. Blank texts are left out; blanks that a cut
        would leave alone stay with the text after them, which is another word without them."""
        while self._parts and (characters is None or self._taken < characters):
            part, loc = self._parts.popleft()
            if isinstance(part, TextPart):
                room = len(part.text) if characters is None else characters - self._taken
                whole, (part, rest) = part, _cut(part, room)
                if rest is not None and not part.text.strip():
                    self._parts.appendleft((whole, loc))
                    self._blank = room
                    return
                self._taken += len(part.text)
                self._blank = 0
                if rest is not None:
                    self._parts.appendleft((rest, loc))
                if not part.text.strip():
                    continue
            yield part, loc

    def skip(self, text: str) -> bool:
        """Leave out that text, if it is what comes next."""
        if not text:
            return True
        part, loc = self._parts[0] if self._parts else (None, ())
        if not isinstance(part, TextPart) or not part.text.startswith(text, self._blank):
            return False
        self._parts.popleft()
        end = self._blank + len(text)
        _, rest = _cut(part, end)
        self._taken += end
        self._blank = 0
        if rest is not None:
            self._parts.appendleft((rest, loc))
        return True


def _cut(part: TextPart, room: int) -> tuple[TextPart, TextPart | None]:
    """The part, and what of it does not fit; a mark for the cache stands at its end."""
    if len(part.text) <= room:
        return part, None
    head = part.model_copy(update={"text": part.text[:room], "cache_control": None, "extra_content": None})
    return head, part.model_copy(update={"text": part.text[room:]})
