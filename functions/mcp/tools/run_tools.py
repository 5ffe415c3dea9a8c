"""Tools that run prompts, and that look at runs."""

from typing import Self
from uuid import UUID

from pydantic import Field, model_validator

from functions.mcp.answers import RunSummary
from functions.mcp.tools.tool import Tool, Toolbox, ToolResult
from promptyard.api.answers.comparisons import CompareAnswer, CompareResult
from promptyard.api.answers.runs import RunAnswer
from promptyard.api.paging import CursorQuery, PageAnswer
from promptyard.api.requests import Moment, WireRequest, example, given_of
from promptyard.api.schemas.runs import Variables
from promptyard.domain.account.access import Role
from promptyard.domain.models.messages import Message
from promptyard.domain.models.targets import OnUnsupported, Parameters, Target
from promptyard.domain.prompts.names import PromptReference
from promptyard.domain.runs.run import RunLinks, RunStatus
from promptyard.services.ports.runs import RunFilter
from promptyard.services.prompts.prompting import ComposedPrompt, PromptSource
from promptyard.services.runs.comparisons import MAX_TARGETS
from promptyard.services.runs.orders import RunOrder

_PROMPTS = ("prompt_id", "prompt_text", "messages")
_MODEL = "A model, such as openai/gpt-4o or demo/writer; without one, the prompt's default model"
_PROVIDER = "Whose model it is, where the model's name does not say so"


class PromptArguments(WireRequest):
    """A prompt: exactly one of prompt_id, prompt_text and messages."""

    prompt_id: str | None = Field(
        None,
        min_length=1,
        max_length=256,
        description="A prompt of the registry: namespace/slug, or its id, with @3 or @label for one of its versions",
    )
    prompt_text: str | None = Field(
        None, description="The prompt itself; with variables, a template: Tell of {{topic}}"
    )
    messages: list[Message] | None = Field(None, description="The prompt as the messages of a chat, in OpenAI's form")
    system: str | None = Field(None, description="A system prompt, which goes ahead of the prompt")
    variables: Variables | None = Field(None, description="The values of the template's variables, by name")
    playground_id: str | None = Field(None, description="The playground whose guards and metrics hold for the run")
    on_unsupported: OnUnsupported = Field(
        "error",
        description="What becomes of a parameter that the model does not take: error refuses it, drop leaves it",
    )

    @model_validator(mode="after")
    def _one_prompt(self) -> Self:
        given = given_of(self, _PROMPTS)
        if len(given) != 1:
            raise ValueError(f"give exactly one of {', '.join(_PROMPTS)}; found {' and '.join(given) or 'none'}")
        return self

    async def composed(self, box: Toolbox) -> ComposedPrompt:
        [given] = given_of(self, _PROMPTS)
        source = PromptSource(
            text=self.prompt_text if given == "prompt_text" else None,
            messages=self.messages if given == "messages" else None,
            prompt_id=self.prompt_id if given == "prompt_id" else None,
            system=self.system,
            variables=self.variables,
        )
        return await box.prompts.compose(box.tenant, source)

    def order(
        self, endpoint: str, box: Toolbox, target: Target, prompt: ComposedPrompt, place: tuple[str | int, ...] = ()
    ) -> RunOrder:
        return RunOrder(
            endpoint=endpoint,
            target=target,
            prompt=prompt,
            deadline_seconds=box.seconds,
            place=place,
            links=RunLinks(playground_id=self.playground_id),
            on_unsupported=self.on_unsupported,
        )


class RunPrompt(PromptArguments):
    """A prompt, and the model that is to answer it."""

    model_config = example({"prompt_text": "Explain event loops.", "model": "demo/writer"})

    model: str | None = Field(None, min_length=1, max_length=256, description=_MODEL)
    provider: str | None = Field(None, min_length=1, max_length=64, description=_PROVIDER)
    parameters: Parameters = Parameters()


async def _run_prompt(box: Toolbox, asked: RunPrompt) -> ToolResult:
    target = Target(model=asked.model, provider=asked.provider, parameters=asked.parameters)
    order = asked.order("mcp/run_prompt", box, target, await asked.composed(box))
    handle = await box.runs.start(box.caller, order)
    settled = await box.ended(handle.settled(), handle.cancel)
    return ToolResult(RunAnswer.of(settled.run), failed=settled.error is not None)


class ComparedTarget(WireRequest):
    """A model, and its own parameters, which go before the shared ones one by one."""

    model: str | None = Field(None, min_length=1, max_length=256, description=_MODEL)
    provider: str | None = Field(None, min_length=1, max_length=64, description=_PROVIDER)
    parameters: Parameters = Parameters()

    def target(self, shared: Parameters) -> Target:
        parameters = Parameters(**(shared.given() | self.parameters.given()))
        return Target(model=self.model, provider=self.provider, parameters=parameters)


class Compare(PromptArguments):
    """A prompt, and the models that are to answer it, all at once."""

    model_config = example(
        {"prompt_text": "Explain event loops.", "targets": [{"model": "demo/writer"}, {"model": "demo/echo"}]}
    )

    targets: list[ComparedTarget] = Field(min_length=2, max_length=MAX_TARGETS, description="2 to 10 models")
    parameters: Parameters = Field(Parameters(), description="Of all of them")


async def _compare(box: Toolbox, asked: Compare) -> ToolResult:
    prompt = await asked.composed(box)
    orders = [
        asked.order("mcp/compare", box, target.target(asked.parameters), prompt, ("targets", index))
        for index, target in enumerate(asked.targets)
    ]
    handle = await box.comparisons.start(box.caller, orders)
    ends = await box.ended(handle.ended(), handle.cancel)
    answer = CompareAnswer(comparison_id=handle.id, results=[CompareResult.of_target(end) for end in ends])
    return ToolResult(answer, failed=all(end.error is not None for end in ends))


class ListRuns(CursorQuery):
    """Which runs, newest first."""

    provider: str | None = None
    model: str | None = None
    status: RunStatus | None = None
    prompt_id: str | None = Field(None, description="A prompt as namespace/slug, or by its id")
    version_id: UUID | None = Field(None, description="A prompt version's id")
    comparison_id: str | None = None
    playground_id: str | None = None
    since: Moment | None = Field(None, description="From this moment on, in ISO 8601")
    until: Moment | None = Field(None, description="Before this moment")

    def filter(self, tenant: str) -> RunFilter:
        prompt_id = self.prompt_id
        if prompt_id is not None and "/" in prompt_id:
            reference = PromptReference.parse(prompt_id, loc=("arguments", "prompt_id"), with_version=False)
            prompt_id = reference.prompt_id(tenant)
        return RunFilter(
            provider=self.provider,
            model=self.model,
            status=self.status,
            prompt_id=prompt_id,
            version_id=None if self.version_id is None else str(self.version_id),
            comparison_id=self.comparison_id,
            playground_id=self.playground_id,
            since=self.since,
            until=self.until,
        )


class RunsFound(PageAnswer[RunSummary]):
    pass


async def _list_runs(box: Toolbox, asked: ListRuns) -> ToolResult:
    page = await box.history.page(box.tenant, asked.filter(box.tenant), asked.request())
    return ToolResult(RunsFound.of(page.map(RunSummary.of), asked))


RUN_PROMPT = Tool(
    "run_prompt",
    "Run a prompt",
    "Runs a prompt on a model and answers with its output, tokens, cost in US dollars and times. The run is in the "
    "history.",
    RunPrompt,
    _run_prompt,
    role=Role.MEMBER,
    spends=True,
)
COMPARE = Tool(
    "compare",
    "Compare models",
    "Runs one prompt on 2 to 10 models at once and answers with what each of them said, cost and took.",
    Compare,
    _compare,
    role=Role.MEMBER,
    spends=True,
)
LIST_RUNS = Tool(
    "list_runs",
    "List runs",
    "Lists runs, newest first, each with its status, the beginning of its output, its tokens, its cost in US dollars "
    "and its times.",
    ListRuns,
    _list_runs,
)
