"""Tool calls in streams made of numbered content blocks, as Anthropic's API and Bedrock send them."""

from promptyard.domain.models.provider_events import ProviderEvent
from promptyard.providers.wires import wire


class ToolCallBlocks:
    """Gives the tool calls numbers of their own, and empty arguments to those that came without any.

    Blocks that were not `started` here are of other kinds, such as tools that the provider runs itself.
    """

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}
        self._without_arguments: set[int] = set()

    def started(self, block: int, identifier: str, name: str) -> list[ProviderEvent]:
        number = self._numbers.setdefault(block, len(self._numbers))
        self._without_arguments.add(block)
        return [wire.tool_call(number, identifier, name)]

    def grew(self, block: int, arguments: str) -> list[ProviderEvent]:
        if block not in self._numbers or not arguments:
            return []
        self._without_arguments.discard(block)
        return [wire.tool_call(self._numbers[block], arguments=arguments)]

    def ended(self, block: int) -> list[ProviderEvent]:
        if block not in self._without_arguments:
            return []
        self._without_arguments.discard(block)
        return [wire.tool_call(self._numbers[block], arguments="{}")]
