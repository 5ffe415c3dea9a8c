"""What is asked for: one target to run on one prompt."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from promptyard.domain.models.provider_events import StreamedPart
from promptyard.domain.models.targets import OnUnsupported, Parameters, Target
from promptyard.domain.runs.run import RunLinks
from promptyard.services.ports.runs import Placement, RunGuard
from promptyard.services.prompts.prompting import ComposedPrompt, with_system


@dataclass(frozen=True, slots=True)
class RunOrder:
    """One target to run on one prompt. What the prompt's version says (model, parameters, links) is filled in."""

    endpoint: str
    target: Target
    prompt: ComposedPrompt
    deadline_seconds: float
    model_id: str | None = None
    label: str | None = None
    on_unsupported: OnUnsupported = "error"
    default_temperature: bool = False
    """The template shape's: 0.7 where the caller names none and the model takes one."""
    own_keys_only: bool = False
    """The deployment's own keys do not serve this run."""
    links: RunLinks = field(default_factory=RunLinks)
    links_inherited: bool = False
    """The playground and the blueprint are those of another run: what of them is gone since is left out."""
    reference: str | None = None
    documents: list[str] | None = None
    events: Sequence[StreamedPart] = ()
    """What its stream is to tell beside the text."""
    placement: Placement | None = None
    """Where it belongs; None: that was not looked up yet, or the links name no place."""
    guard: RunGuard | None = None
    """In the place of the playground's own."""

    def placed(self, placement: Placement) -> "RunOrder":
        """The order where it belongs. Where it names no model, what the blueprint says stands in, the order's own
        parameters winning one by one."""
        belongs = {"playground_id": placement.playground_id, "llm_blueprint_id": placement.llm_blueprint_id}
        order = replace(self, placement=placement, links=self.links.model_copy(update=belongs))
        target, own = self.target, placement.target
        if own is None or any((target.model, target.provider, target.custom_base_url)):
            return order
        parameters = Parameters(**(own.parameters.given() | target.parameters.given()))
        return replace(
            order,
            target=own.model_copy(update={"parameters": parameters, "provider_key": target.provider_key}),
            prompt=with_system(self.prompt, placement.system_prompt),
        )
