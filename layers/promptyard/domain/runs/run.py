"""Runs: one execution of one target, from its start record to its settled form."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

from pydantic import field_validator

from promptyard.domain.deferred import FrozenModel
from promptyard.domain.errors import PromptyardError
from promptyard.domain.models.messages import Message, Replayed, ToolCall
from promptyard.domain.models.pricing import CostSource
from promptyard.domain.models.provider_events import Citation, FinishReason, KeptPart
from promptyard.domain.models.targets import Parameters
from promptyard.domain.models.usage import Usage, UsageSource
from promptyard.domain.prompts.origin import PromptLinks, Template
from promptyard.domain.runs.failures import RunFailure
from promptyard.domain.runs.run_metrics import RunMetric, RunModeration, Withheld


class RunStatus(StrEnum):
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    BLOCKED = "blocked"


class Vote(StrEnum):
    """What a person thinks of an answer beside those that it was compared with."""

    BETTER = "better"
    WORSE = "worse"
    TIE = "tie"


class RunLinks(PromptLinks):
    """What a run belongs to, by id."""

    playground_id: str | None = None
    llm_blueprint_id: str | None = None
    comparison_id: str | None = None
    comparison_index: int | None = None
    rerun_of: str | None = None
    judge_of: str | None = None
    """The run whose metric this run scores."""
    benchmark_run_id: str | None = None
    """The benchmark run of whose cells this run answers one."""


class ProtocolRequest(FrozenModel):
    """Of a request in a protocol of clients."""

    model: str | None = None
    """As it was named."""
    instructions: int = 0
    """How many of the messages, the first ones, hold for this answer alone and not for what goes on from it."""
    previous_run_id: str | None = None
    """The run whose conversation goes on."""
    background: bool = False
    """The answer was not waited for."""


class Run(FrozenModel):
    """A run's whole record. Numbers that are not known are None. Times are UTC; durations are in milliseconds."""

    id: str
    """Time-ordered, so that ids sort as the runs started."""
    tenant: str
    endpoint: str
    """The route that asked for it, as `playground/run`."""
    endpoint_tag: str | None = None
    """Tells apart the two routes whose runs are all known as `playground/compare`: `compare` and `compression`."""
    provider: str
    model: str
    """Of a run that failed before it was sent both are as the caller named them, and empty where it did not."""
    model_id: str
    """The caller's own id of the target, else `provider/model`."""
    label: str | None = None
    caller: str | None = None
    """Who asked: the actor's id."""
    created_at: datetime
    deadline_at: datetime
    messages: list[Message]
    """The prompt as it was sent."""
    template: Template | None = None
    asked: ProtocolRequest | None = None
    """Where it was asked for in a protocol of clients, what its answer says of that again."""
    parameters: Parameters = Parameters()
    dropped: list[str] | None = None
    """Parameters that the model does not take, and was not sent because the caller said so."""
    default_temperature: bool = False
    """The caller named no temperature and is sent the template shape's own, where the model takes one."""
    custom_base_url: str | None = None
    """The address that came with the request; None: the provider's own."""
    key_from_caller: bool = False
    """The provider's key came with the request. It is kept nowhere."""
    reference: str | None = None
    documents: list[str] | None = None
    links: RunLinks = RunLinks()
    retention_days: int | None = None
    """How long the record is kept, where the tenant says so; None: as long as the deployment keeps runs."""
    reservation_id: str | None = None
    """What was reserved for it."""
    events: list[KeptPart] | None = None
    """What its stream tells beside the text: whoever reads it again is told the same."""

    status: RunStatus = RunStatus.RUNNING
    output: str | None = None
    tool_calls: list[ToolCall] | None = None
    reasoning: str | None = None
    """What the model thought, as far as its provider shows it."""
    citations: list[Citation] | None = None
    """The sources that the answer names."""
    replay: list[Replayed] | None = None
    """What of the answer its provider wants back with the next turn."""
    cut: dict[str, int] | None = None
    """What of the answer was too much to be kept, by the field's name: the bytes of the whole."""
    finish_reason: FinishReason | None = None
    finish_word: str | None = None
    """The provider's own word for it, where it is none that we know."""
    usage: Usage | None = None
    usage_source: UsageSource = UsageSource.UNKNOWN
    charged_usage: Usage | None = None
    """What it is charged, where its provider did not report that: a guess, or nothing. It is not shown with the run."""
    cost_usd: Decimal | None = None
    cost_source: CostSource | None = None
    """Whose figure the cost is: `list`, the catalogue's prices; `provider`, what the provider says that it billed."""
    unpriced: list[str] | None = None
    """What the provider charges that we have no price for, so that the cost is not known: `service_tier:flex`."""
    price_date: str | None = None
    latency_ms: int | None = None
    """From the request's sending to the last token."""
    ttft_ms: int | None = None
    """To the first of the answer, whatever it is: reasoning, text, a tool call."""
    first_text_ms: int | None = None
    error: RunFailure | None = None
    metrics: list[RunMetric] | None = None
    """The scores of the playground's metrics; None where it has none."""
    moderation: RunModeration | None = None
    withheld: Withheld | None = None
    """What was blocked of a blocked run, where that is kept. It is shown to nobody together with the run."""
    settled_at: datetime | None = None
    vote: Vote | None = None

    @field_validator("replay", mode="before")
    @classmethod
    def _with_places(cls, replay: Any) -> Any:
        """Older records hold the parts alone."""
        if not isinstance(replay, list):
            return replay
        return [{"part": entry} if isinstance(entry, dict) and "part" not in entry else entry for entry in replay]

    @property
    def settled(self) -> bool:
        return self.status is not RunStatus.RUNNING

    @property
    def target_name(self) -> str:
        """`provider/model`, as far as it is known."""
        return "/".join(name for name in (self.provider, self.model) if name)

    def ended(self, error: PromptyardError, *, at: datetime) -> Self:
        """The run as failed, where nothing is known of its answer."""
        return self.model_copy(update={"status": RunStatus.FAILED, "error": RunFailure.of(error), "settled_at": at})
