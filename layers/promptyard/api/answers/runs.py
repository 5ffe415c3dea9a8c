"""Runs as the wire shows them, for every group that answers with one."""

from collections.abc import Iterable
from typing import Self

from promptyard.api.answers.fields import Day, LeftOut, Timestamp, Usd, WithoutNulls, carried
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
    """Tokens of the prompt, those that came from a cache among them. Null where the provider did not say."""
    completion: int | None
    """Tokens of the answer, those of reasoning among them. Null where the provider did not say."""
    total: int | None
    """Tokens of prompt and answer together. Null where either is not known."""
    cached: LeftOut[int] = None
    """Tokens of the prompt that the provider read from its cache. Left out where it does not say."""
    reasoning: LeftOut[int] = None
    """Tokens of the answer that are reasoning. Left out where the provider does not say."""

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
    """The run's id. Ids sort by the time at which the runs began."""
    output: str | None
    """The answer's text. Null where there is none, as where the answer is tool calls alone, or nothing came."""
    model_id: str
    """The caller's own id of the target (`model_config.id`), else `provider/model`."""
    label: LeftOut[str] = None
    """The caller's own name for the run. Left out where there is none."""
    provider: str | None
    """The provider's id. Null for a run that failed before its provider was known."""
    model: str | None
    """The model, named without its provider. Null for a run that failed before its model was known."""
    status: RunStatus
    """How far the run is: `running`, or how it ended. `blocked`: a guard put its message in the answer's place."""
    latency_ms: int | None
    """Milliseconds from sending the request to the last token. Null where that is not known."""
    ttft_ms: int | None
    """Milliseconds to the first of the answer, be it text, reasoning or a tool call. Null where nothing came."""
    first_text_ms: int | None = None
    """Milliseconds to the first text of the answer. Null where no text came."""
    tokens: Tokens | None
    """What was sent and what came, in tokens. Null where nothing is known of it."""
    usage_source: UsageSource
    """Whose the tokens are: `reported` by the provider, `estimated` here, or `unknown`."""
    cost_usd: Usd | None
    """What the provider charges, in US dollars, without judges. Null where that is not known, never 0."""
    cost_source: LeftOut[CostSource] = None
    """`provider` where the cost is the provider's own figure. Left out where it is made of list prices."""
    unpriced: LeftOut[list[str]] = None
    """What of the bill has no price here, such as `service_tier:flex`. Left out where all has one."""
    finish_reason: FinishReason | None
    """Why the answer ended. Null where it did not, or the provider gave no reason that is known here."""
    finish_word: LeftOut[str] = None
    """The provider's own word for the end, where it is none that is known here. Left out otherwise."""
    reasoning: str | None = None
    """What the model thought, as far as its provider shows it. Null where there is nothing."""
    citations: list[Citation] | None = None
    """The sources that the answer names. Null where it names none."""
    tool_calls: list[WithoutNulls[ToolCall]] | None
    """The tools that the model wants to have called. Null where it calls none."""
    message: AssistantMessage | None = None
    """The answer as the next turn needs it: put it into `messages` as it is. Null where there is no answer."""
    error: ErrorBody | None
    """Why the run failed. Null where it did not."""
    cut: LeftOut[dict[str, int]] = None
    """What of the answer is not kept, or only its beginning: by the field's name, the bytes of the whole. Left out
    where all is there."""
    dropped: LeftOut[list[str]] = None
    """The parameters that the model does not take, and was not sent: see `on_unsupported`. Left out where there are
    none."""
    created_at: Timestamp
    """When the run began, in UTC."""
    metrics: LeftOut[list[MetricScore]] = None
    """The scores of the playground's metrics. Left out where the run's playground has none."""
    moderation: LeftOut[ModerationOutcome] = None
    """The guard that intervened. Left out where none did."""

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
    """The route that asked for the run, such as `playground/run`."""
    endpoint_tag: LeftOut[str] = None
    """Whose comparison a run of `playground/compare` is of: `compare` or `compression`. Left out of other runs."""
    caller: str | None
    """Who ran it: an API key's id, a token's subject, or `local` while the local server runs open. Null where that is
    not known."""
    messages: list[WithoutNulls[Message]]
    """The prompt as it was sent. Empty where `cut` names it."""
    template: WithoutNulls[Template] | None
    """The template that the prompt was made from, with its values. Null where it was none."""
    parameters: WithoutNulls[Parameters]
    """The parameters that the caller gave. What was not given is left out."""
    custom_base_url: str | None
    """The address that came with the request; of a run that was never sent its origin alone. Null for the provider's
    own."""
    price_date: Day | None
    """The day as of which the model's prices were collected. Null where no prices are known."""
    reference: str | None
    """The text that the playground's metrics compare the answer with. Null where none was given."""
    documents: list[str] | None
    """The texts that metrics hold the answer against. Null where none were given."""
    prompt_id: str | None
    """The id of the prompt whose version was run. Null where it was none of the registry."""
    version_id: str | None
    """The id of the prompt version that was run. Null where it was none of the registry."""
    version_number: int | None
    """The number of that version, from 1. Null where it was none of the registry."""
    playground_id: str | None
    """The id of the playground that the run belongs to. Null where it belongs to none."""
    llm_blueprint_id: str | None
    """The id of the LLM blueprint that was run. Null where it was none."""
    comparison_id: str | None
    """The id of the comparison that the run is a target of. Null where it is of none."""
    rerun_of: str | None
    """The id of the run that this one ran again. Null where it is no such run."""
    judge_of: str | None
    """The id of the run that this one scored as a judge. Null where it is no judge."""
    benchmark_run_id: str | None
    """The id of the benchmark run of whose cells this run answers one. Null where it is of none."""
    settled_at: Timestamp | None
    """When the run had ended and was charged, in UTC. Null while it goes on."""
    vote: LeftOut[Vote] = None
    """What a person thinks of the answer beside the others of its comparison. Left out where nobody has said."""

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
_SAID_TWICE = ("message",)
_ANSWER = ("output", "reasoning", "tool_calls", "citations")
_SCORES = ("metrics",)


def records_within(runs: Iterable[Run], room: int = PAGE_BYTES) -> list[RunRecord]:
    """The runs as they are shown together, in about so many bytes of an answer: of what has no more room the prompt or
    the message, which says the answer again, is left out, the larger one first, then the answer and the scores; its
    `cut` says so. By itself a run is shown whole."""
    shown = []
    for run in runs:
        record = RunRecord.of(run)
        size = carried(record)
        if size > room:
            record = _within(record, room)
            size = carried(record)
        room -= size
        shown.append(record)
    return shown


def _within(record: RunRecord, room: int) -> RunRecord:
    first = sorted((_PROMPT, _SAID_TWICE), key=lambda names: -len(record.model_dump_json(include=set(names))))
    for content in (*first, _ANSWER, _SCORES):
        record = record.without(content)
        if carried(record) <= room:
            break
    return record


def records_of(page: Page[Run]) -> Page[RunRecord]:
    return page.holding(records_within(page.items))
