"""Streams made of numbered content blocks, as Anthropic's API and Bedrock send them."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from promptyard.providers.reading.answer_reader import AnswerReader


class ToolCallBlocks:
    """Blocks that were not `started` here are of other kinds, such as tools that the provider runs itself."""

    def __init__(self, answer: "AnswerReader") -> None:
        self._answer = answer
        self.current: int | None = None
        """The block that began last, whatever its kind: the one that is meant where no number is given."""

    def started(self, block: int | None, identifier: Any, name: Any, arguments: Any = None) -> None:
        """`arguments` are those that came with the block's beginning; pieces that follow replace them."""
        self.current = block
        self._answer.add(self._answer.calls.start(block, identifier, name, arguments))

    def grew(self, block: int | None, arguments: Any) -> None:
        self._answer.add(self._answer.calls.grow(self._or_current(block), arguments))

    def ended(self, block: int | None) -> None:
        self._answer.add(self._answer.calls.end_of(self._or_current(block)))

    def _or_current(self, block: int | None) -> int | None:
        return self.current if block is None else block


class ServedBlocks:
    """What the provider's own tools were asked and gave, which goes back with the next turn as it came."""

    def __init__(self, answer: "AnswerReader") -> None:
        self._answer = answer
        self._open: dict[int | None, tuple[Mapping[str, Any], list[str]]] = {}
        """By block, what came with its beginning, and the pieces of its input."""

    def started(self, block: int | None, given: Mapping[str, Any]) -> None:
        self._open[block] = (given, [])

    def grew(self, block: int | None, arguments: Any) -> None:
        if block in self._open and isinstance(arguments, str):
            self._open[block][1].append(arguments)

    def ended(self, block: int | None) -> None:
        if block not in self._open:
            return
        given, pieces = self._open.pop(block)
        with suppress(ValueError, RecursionError):  # an input that is cut stays as it began
            given = {**given, "input": json.loads("".join(pieces))} if any(pieces) else given
        self._answer.replay(given)


class ThinkingBlocks:
    """What was thought, which goes back with the next turn if it was signed. `part` writes text and signature as the
    wire does."""

    def __init__(self, answer: "AnswerReader", part: Callable[[str, str], Mapping[str, Any]]) -> None:
        self._answer = answer
        self._part = part
        self._open: dict[int | None, tuple[list[str], list[str]]] = {}
        """By block, the pieces of text and signature."""

    def grew(self, block: int | None, text: Any = None, signature: Any = None) -> None:
        if block not in self._open:
            self._open[block] = ([], [])
            self._answer.next_thought()
        texts, signatures = self._open[block]
        if isinstance(text, str):
            texts.append(text)
            self._answer.reasoning(text)
        if isinstance(signature, str):
            signatures.append(signature)

    def ended(self, block: int | None) -> None:
        texts, signatures = self._open.pop(block, ([], []))
        if any(signatures):
            self._answer.replay(self._part("".join(texts), "".join(signatures)))
