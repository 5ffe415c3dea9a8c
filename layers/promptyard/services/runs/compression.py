"""One prompt raw and compressed: two runs of one comparison, started together."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from promptyard.domain.account.access import Caller
from promptyard.domain.models.provider_events import StreamedPart
from promptyard.domain.models.targets import Target
from promptyard.domain.prompts.compression import Intensity, rules
from promptyard.domain.runs.run import RunLinks
from promptyard.services.prompts.prompting import PromptSource, compose
from promptyard.services.runs.orders import RunOrder

if TYPE_CHECKING:
    from promptyard.services.runs.comparisons import CompareService, ComparisonHandle
    from promptyard.services.runs.runs import RunService

ENDPOINT = "playground/compare"
TAG = "compression"


@dataclass(frozen=True, slots=True)
class CompressionOrder:
    prompt: str
    target: Target
    intensity: Intensity
    deadline_seconds: float
    links: RunLinks = field(default_factory=RunLinks)
    events: Sequence[StreamedPart] = ()
    """What the arms' streams tell beside the text."""


async def start_compression(
    runs: "RunService", comparisons: "CompareService", caller: Caller, order: CompressionOrder
) -> "ComparisonHandle":
    """Target 0 is the prompt as it is, target 1 has the rules as its system prompt. The deployment's own keys
    never serve either. What is wrong with the order as a whole (an unknown provider, a missing key) is raised."""
    arms = (PromptSource(text=order.prompt), PromptSource(text=order.prompt, system=rules(order.intensity)))
    orders = [
        RunOrder(
            endpoint=ENDPOINT,
            endpoint_tag=TAG,
            target=order.target,
            prompt=compose(arm),
            deadline_seconds=order.deadline_seconds,
            label=label,
            promises_counts=True,
            own_keys_only=True,
            links=order.links,
            events=order.events,
        )
        for label, arm in zip(("normal", "mintoken"), arms, strict=True)
    ]
    orders = await runs.placed(caller, orders)
    await runs.check(caller, orders[0])
    return await comparisons.start(caller, orders)
