"""Tool calls in streams made of numbered content blocks, as Anthropic's API and Bedrock send them."""

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
