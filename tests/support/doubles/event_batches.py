"""A provider's events one by one, where a call gives them in batches."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from promptyard.domain.models.provider_events import ProviderEvent


async def one_by_one(batches: AsyncGenerator[Sequence[ProviderEvent], None]) -> AsyncGenerator[ProviderEvent, None]:
    """Closing it closes the call."""
    async with aclosing(batches):
        async for events in batches:
            for event in events:
                yield event
