"""A run once more, with changes: the request that it was made from, as far as its record tells, with some of its
fields replaced."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from promptyard.domain.account.access import Caller
from promptyard.domain.errors import MissingKey, named_in_body
from promptyard.domain.models.catalogue import Catalogue
from promptyard.domain.models.messages import Message
from promptyard.domain.models.provider_events import StreamedPart
from promptyard.domain.models.targets import OnUnsupported, Parameters, Target
from promptyard.domain.prompts.origin import PromptLinks
from promptyard.domain.runs.run import Run, RunLinks
from promptyard.services.prompts.prompting import ComposedPrompt, PromptSource, compose, with_system
from promptyard.services.runs.orders import RunOrder

if TYPE_CHECKING:
    from promptyard.services.prompts.registry import PromptService
    from promptyard.services.runs.history import RunHistory
    from promptyard.services.runs.run_handle import RunHandle
    from promptyard.services.runs.runs import RunService

ENDPOINT = "playground/rerun"


@dataclass(frozen=True, slots=True)
class RerunChanges:
    """What is to be otherwise than it was. None, and a parameter that is not set, stays; a parameter that is set to
    None is taken away, and so is the system prompt by an empty one. Variables are changed one by one."""

    prompt: PromptSource = field(default_factory=PromptSource)
    target: Target = field(default_factory=Target)
    label: str | None = None
    reference: str | None = None
    documents: list[str] | None = None
    links: RunLinks = field(default_factory=RunLinks)
    on_unsupported: OnUnsupported = "error"
    events: Sequence[StreamedPart] = ()
    """The new run's own."""

    @property
    def names_prompt(self) -> bool:
        prompt = self.prompt
        return any(given is not None for given in (prompt.text, prompt.messages, prompt.prompt_id, prompt.version_id))


class RerunService:
    def __init__(
        self, runs: "RunService", history: "RunHistory", prompts: "PromptService", catalogue: Catalogue
    ) -> None:
        self._runs = runs
        self._history = history
        self._prompts = prompts
        self._catalogue = catalogue

    async def start(
        self, caller: Caller, run_id: str, changes: RerunChanges, *, deadline_seconds: float
    ) -> "RunHandle":
        """Raises NotFound for a run that is not there, UnknownReference for a prompt or version, MissingKey where the
        run was made with a key of the caller's and none is given now, and what `RunService.start` raises."""
        run = await self._history.get(caller.tenant, run_id)
        target = self._target(run, changes.target)
        stays = (target.provider or "") == run.provider and target.custom_base_url == run.custom_base_url
        if run.key_from_caller and stays and target.provider_key is None:
            raise MissingKey("The run was made with a key of the caller's, which is not kept: give provider_key again")
        is_same_target = stays and target.model == run.model
        is_same_place = changes.links.playground_id in {None, run.links.playground_id}
        is_same_blueprint = is_same_place and is_same_target and target.parameters == _parameters(run)
        links = RunLinks(
            playground_id=changes.links.playground_id or run.links.playground_id,
            llm_blueprint_id=changes.links.llm_blueprint_id
            or (run.links.llm_blueprint_id if is_same_blueprint and not changes.names_prompt else None),
            rerun_of=run.id,
        )
        order = RunOrder(
            endpoint=ENDPOINT,
            target=target,
            prompt=await self._prompt(caller.tenant, run, changes),
            deadline_seconds=deadline_seconds,
            # The caller's names for the target: of another one they would tell the wrong thing.
            model_id=run.model_id if is_same_target else None,
            label=changes.label or (run.label if is_same_target else None),
            default_temperature=run.default_temperature
            and "temperature" not in changes.target.parameters.model_fields_set,
            links=links,
            links_inherited=changes.links == RunLinks(),
            reference=run.reference if changes.reference is None else changes.reference,
            documents=run.documents if changes.documents is None else changes.documents,
            on_unsupported=changes.on_unsupported,
            events=changes.events,
        )
        return await self._runs.start(caller, order)

    def _target(self, run: Run, changes: Target) -> Target:
        parameters = _parameters(run).given() | changes.parameters.model_dump(exclude_unset=True)
        provider = self._provider(run, changes)
        custom_base_url = changes.custom_base_url
        if custom_base_url is None and provider == run.provider:
            custom_base_url = run.custom_base_url
        return Target(
            provider=provider,
            model=changes.model or run.model or None,
            parameters=Parameters(**{name: value for name, value in parameters.items() if value is not None}),
            provider_key=changes.provider_key,
            custom_base_url=custom_base_url,
        )

    def _provider(self, run: Run, changes: Target) -> str | None:
        """The provider's id as the run's record has it, where it stays; None where the model's name says which."""
        if changes.provider is not None:
            named = self._catalogue.provider(changes.provider)
            return changes.provider if named is None else named.id
        stays = changes.model is None or self._may_serve(run, changes.model)
        return run.provider or None if stays else None

    def _may_serve(self, run: Run, model: str) -> bool:
        """Whether a model named without its provider is to be the run's own provider's: it lists the model, its
        models are not known here, or nobody else lists it."""
        if run.custom_base_url is not None or not self._catalogue.models_of(run.provider):
            return True
        if self._catalogue.model(run.provider, model) is not None:
            return True
        prefix, slash, _ = model.partition("/")
        named = self._catalogue.provider(prefix) if slash else None
        if named is not None:
            return named.id == run.provider
        return self._catalogue.bare(model) is None

    async def _prompt(self, tenant: str, run: Run, changes: RerunChanges) -> ComposedPrompt:
        system, messages = _without_system(run)
        wanted = changes.prompt
        if wanted.system is not None:
            system = wanted.system or None
        variables = wanted.variables
        if run.template is not None:
            variables = run.template.variables | (variables or {})
        if not changes.names_prompt:
            if run.template is None:
                source = PromptSource(messages=messages)
            else:
                source = PromptSource(text=run.template.text, messages=run.template.messages)
            return replace(compose(replace(source, system=system, variables=variables)), links=_prompt_links(run))
        source = replace(wanted, system=wanted.system or None, variables=variables)
        with named_in_body("version_id"):
            composed = await self._prompts.compose(tenant, source)
        return with_system(composed, system) if wanted.system is None else composed


def _parameters(run: Run) -> Parameters:
    """What the caller asked for: without the template shape's own temperature, which another model may not take."""
    return run.parameters.model_copy(update={"temperature": None}) if run.default_temperature else run.parameters


def _without_system(run: Run) -> tuple[str | None, list[Message]]:
    """The system prompt that was given beside the prompt, and the other messages. Of a run without a template a
    leading system message is taken for it. Of a prompt that was not kept there are no messages."""
    if not run.messages:
        return None, []
    head, *others = run.messages
    if run.template is not None:
        is_beside = len(others) == (1 if run.template.messages is None else len(run.template.messages))
    else:
        is_beside = bool(others)
    if is_beside and isinstance(head.content, str) and head == _system_message(head.content):
        return head.content, others
    return None, run.messages


def _system_message(text: str) -> Message:
    return Message(role="system", content=text)


def _prompt_links(run: Run) -> PromptLinks:
    return PromptLinks(**run.links.model_dump(include=set(PromptLinks.model_fields)))
