"""What is asked for: one target to run on one prompt."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from promptyard.domain.account.access import Caller
from promptyard.domain.identifiers import moment_of, time_ordered_id
from promptyard.domain.models.catalogue import ProviderInfo
from promptyard.domain.models.provider_events import KeptPart
from promptyard.domain.models.targets import OnUnsupported, Parameters, ProtocolBody, Target
from promptyard.domain.runs.run import ProtocolRequest, Run, RunLinks
from promptyard.services.ports.runs import Placement, RunGuard
from promptyard.services.prompts.prompting import ComposedPrompt, with_defaults, with_system


@dataclass(frozen=True, slots=True)
class RunOrder:
    """One target to run on one prompt. What the prompt's version says (model, parameters, links) is filled in."""

    endpoint: str
    target: Target
    prompt: ComposedPrompt
    deadline_seconds: float
    run_id: str | None = None
    """The run's id, where it is claimed already; made moments ago, for the run's times and its charge go by it."""
    place: tuple[str | int, ...] = ()
    """Of the target in the request's body, where that has several: `("targets", 1)`."""
    endpoint_tag: str | None = None
    model_id: str | None = None
    label: str | None = None
    on_unsupported: OnUnsupported = "error"
    default_temperature: bool = False
    """The template shape's: 0.7 where the caller names none and the model takes one."""
    promises_counts: bool = False
    """The answer's form has tokens as numbers: where the provider reports none, ours stand there."""
    own_keys_only: bool = False
    """The deployment's own keys do not serve this run."""
    links: RunLinks = field(default_factory=RunLinks)
    links_inherited: bool = False
    """The playground and the blueprint are those of another run: what of them is gone since is left out."""
    reference: str | None = None
    documents: list[str] | None = None
    events: Sequence[KeptPart] = ()
    """What its stream is to tell beside the text."""
    placement: Placement | None = None
    """Where it belongs; None: that was not looked up yet."""
    guard: RunGuard | None = None
    """In the place of the playground's own."""
    body: ProtocolBody | None = None
    """What the request came as, where it came in a protocol of clients."""
    asked: ProtocolRequest | None = None

    @property
    def whole_target(self) -> Target:
        """With what the prompt's version has for it."""
        return with_defaults(self.target, self.prompt)

    def run(self, caller: Caller) -> Run:
        """The record that it begins with, of which the target is as the caller names it."""
        target, run_id = self.whole_target, self.run_id or time_ordered_id()
        now = moment_of(run_id)
        return Run(
            id=run_id,
            tenant=caller.tenant,
            endpoint=self.endpoint,
            endpoint_tag=self.endpoint_tag,
            provider=target.provider or "",
            model=target.model or "",
            model_id=self.model_id or target.model or target.provider or "",
            label=self.label,
            caller=caller.actor.id,
            created_at=now,
            deadline_at=now + timedelta(seconds=self.deadline_seconds),
            messages=list(self.prompt.messages),
            template=self.prompt.template,
            asked=self.asked,
            parameters=target.parameters,
            custom_base_url=target.custom_base_url,
            key_from_caller=target.provider_key is not None,
            reference=self.reference,
            documents=self.documents,
            links=self.links.model_copy(update=self.prompt.links.model_dump(exclude_none=True)),
            events=list(dict.fromkeys(self.events)) or None,
        )

    def said_to(self, provider: ProviderInfo) -> "RunOrder":
        """With what a protocol alone says in our own words, where the provider speaks another one."""
        body = self.body
        if body is None or body.elsewhere is None or body.protocol == provider.wire.protocol:
            return self
        return replace(self, target=self.target.model_copy(update={"parameters": body.elsewhere}))

    def compared(self, comparison_id: str, index: int) -> "RunOrder":
        """The order as a target of that comparison."""
        links = {"comparison_id": comparison_id, "comparison_index": index}
        return replace(self, links=self.links.model_copy(update=links))

    def new_guard(self) -> RunGuard | None:
        """The run's own. Raises GuardsUnavailable."""
        if self.guard is not None or self.placement is None or self.placement.guard is None:
            return self.guard
        return self.placement.guard()

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
