"""Runs as the wire shows them, for every group that answers with one."""

from collections.abc import Iterable
from typing import Self

from promptyard.api.answers.fields import Day, LeftOut, Timestamp, Usd, WithoutNulls, json_of
from promptyard.api.answers.judgements import MetricScore, ModerationOutcome, moderation, scores
from promptyard.api.answers.messages import AssistantMessage
from promptyard.api.errors import ErrorBody
from promptyard.domain.deferred import DeferredModel
from promptyard.domain.models.messages import Message, ToolCall
from promptyard.domain.models.pricing import CostSource
from promptyard.domain.models.provider_events import Citation, FinishReason
from promptyard.domain.models.targets import Parameters
from promptyard.domain.models.usage import Usage, UsageSource
from promptyard.domain.paging import PAGE_BYTES, Page
from promptyard.domain.prompts.origin import Template
from promptyard.domain.runs.run import Run, RunStatus, Vote


class Tokens(DeferredModel):
    """Counts in tokens; null is not known. `prompt` includes cached tokens, `completion` includes reasoning."""

    prompt: int | None
    completion: int | None
    total: int | None
    cached: LeftOut[int] = None
    reasoning: LeftOut[int] = None

    @classmethod
    def of(cls, usage: Usage) -> Self:
        return cls(
            prompt=usage.input_tokens,
            completion=usage.output_tokens,
            total=usage.total_tokens,
            cached=usage.cached_tokens,
            reasoning=usage.reasoning_tokens,
        )


class RunAnswer(DeferredModel):
    """One run. `cost_usd` is in US dollars, durations in milliseconds; a number that is not known is null. `metrics`
    and `moderation` are there where the run's playground has any. A run that its guards block has the status `blocked`,
    and the intervention's message as its output. `ttft_ms` is to the first of the answer, whatever it is,
    `first_text_ms` to the first of its text. `cost_source` is `provider` where the provider's own figure stands for a
    price; `unpriced` names fees that leave the cost unknown; `finish_word` is the provider's word for an end that we do
    not know. `message` is what a conversation goes on with. `cut` is there
    where content of the run is not, or only its beginning: by the field's name, the bytes of the whole."""

    id: str
    output: str | None
    model_id: str
    label: LeftOut[str] = None
    provider: str | None
    model: str | None
    status: RunStatus
    latency_ms: int | None
    ttft_ms: int | None
    first_text_ms: int | None = None
    tokens: Tokens | None
    usage_source: UsageSource
    cost_usd: Usd | None
    cost_source: LeftOut[CostSource] = None
    unpriced: LeftOut[list[str]] = None
    finish_reason: FinishReason | None
    finish_word: LeftOut[str] = None
    reasoning: str | None = None
    citations: list[Citation] | None = None
    tool_calls: list[WithoutNulls[ToolCall]] | None
    message: AssistantMessage | None = None
    error: ErrorBody | None
    cut: LeftOut[dict[str, int]] = None
    dropped: LeftOut[list[str]] = None
    """Parameters that the model does not take, and was not sent: see `on_unsupported`."""
    created_at: Timestamp
    metrics: LeftOut[list[MetricScore]] = None
    moderation: LeftOut[ModerationOutcome] = None

    @classmethod
    def of(cls, run: Run) -> "RunAnswer":
        return RunAnswer(
            id=run.id,
            output=run.output,
            model_id=run.model_id,
            label=run.label or None,
            provider=run.provider or None,
            model=run.model or None,
            status=run.status,
            latency_ms=run.latency_ms,
            ttft_ms=run.ttft_ms,
            first_text_ms=run.first_text_ms,
            tokens=Tokens.of(run.usage) if run.usage else None,
            usage_source=run.usage_source,
            cost_usd=run.cost_usd,
            cost_source=run.cost_source if run.cost_source == "provider" else None,
            unpriced=run.unpriced,
            finish_reason=run.finish_reason,
            finish_word=run.finish_word,
            reasoning=run.reasoning,
            citations=run.citations,
            tool_calls=run.tool_calls or None,
            message=AssistantMessage.of(run),
            error=ErrorBody.of(run.error) if run.error else None,
            cut=run.cut,
            dropped=run.dropped,
            created_at=run.created_at,
            metrics=scores(run) if run.metrics is not None else None,
            moderation=moderation(run) if run.moderation is not None else None,
        )


class RunRecord(RunAnswer):
    """A run as the history holds it: the answer, and all that it was made from."""

    endpoint: str
    endpoint_tag: LeftOut[str] = None
    """`compare` or `compression`: whose comparison a run of `playground/compare` is of."""
    caller: str | None
    messages: list[WithoutNulls[Message]]
    template: WithoutNulls[Template] | None
    parameters: WithoutNulls[Parameters]
    custom_base_url: str | None
    price_date: Day | None
    reference: str | None
    documents: list[str] | None
    prompt_id: str | None
    version_id: str | None
    version_number: int | None
    playground_id: str | None
    llm_blueprint_id: str | None
    comparison_id: str | None
    rerun_of: str | None
    judge_of: str | None
    benchmark_run_id: str | None
    settled_at: Timestamp | None
    vote: LeftOut[Vote] = None
    """What a person thinks of the answer beside the others of its comparison."""

    @classmethod
    def of(cls, run: Run) -> "RunRecord":
        links = run.links
        return RunRecord(
            **vars(RunAnswer.of(run)),
            endpoint=run.endpoint,
            endpoint_tag=run.endpoint_tag,
            caller=run.caller,
            messages=run.messages,
            template=run.template,
            parameters=run.parameters,
            custom_base_url=run.custom_base_url,
            price_date=run.price_date,
            reference=run.reference,
            documents=run.documents,
            prompt_id=links.prompt_id,
            version_id=links.version_id,
            version_number=links.version_number,
            playground_id=links.playground_id,
            llm_blueprint_id=links.llm_blueprint_id,
            comparison_id=links.comparison_id,
            rerun_of=links.rerun_of,
            judge_of=links.judge_of,
            benchmark_run_id=links.benchmark_run_id,
            settled_at=run.settled_at,
            vote=run.vote,
        )

    def without(self, names: Iterable[str]) -> "RunRecord":
        """Without that content, and with its sizes."""
        there = [name for name in names if getattr(self, name)]
        sizes = {name: len(self.model_dump_json(include={name})) for name in there}
        empty = {name: _EMPTY.get(name) for name in there}
        return self.model_copy(update=empty | {"cut": sizes | (self.cut or {})})


_EMPTY = {"messages": [], "parameters": Parameters()}
_PROMPT = ("messages", "template", "documents", "reference", "parameters")
_ANSWER = ("output", "reasoning", "tool_calls", "citations", "message")


def records_within(runs: Iterable[Run], room: int = PAGE_BYTES) -> list[RunRecord]:
    """The runs as they are shown together, in about so many bytes: of what has no more room the prompt is left out,
    then the answer, and its `cut` says so. By itself a run is shown whole."""
    shown = []
    for run in runs:
        record = RunRecord.of(run)
        size = _size(record)
        for content in (_PROMPT, _ANSWER):
            if size > room:
                record = record.without(content)
                size = _size(record)
        room -= size
        shown.append(record)
    return shown


def _size(record: RunRecord) -> int:
    return len(json_of(record).encode())


def records_of(page: Page[Run]) -> Page[RunRecord]:
    """A page of several runs has room for them: that is how many there are."""
    return page.holding(records_within(page.items)) if len(page.items) == 1 else page.map(RunRecord.of)
