"""What metrics are computed from and what they give."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from promptyard.domain.models.messages import ToolCall
from promptyard.domain.models.usage import Usage
from promptyard.domain.runs.run_metrics import ErrorResolution, MetricStatus

Score = float | int | bool | str | list[str]


class Side(StrEnum):
    """What a metric looks at, which says when a guard on it can be checked: before the provider is called, before the
    answer is given, or at both times."""

    PROMPT = "prompt"
    RESPONSE = "response"
    BOTH = "both"


class ScoreKind(StrEnum):
    """The type of a metric's score, which says what it may be compared with."""

    NUMBER = "number"
    BOOLEAN = "boolean"
    """Scored as 1 or 0, so that a mean means something."""
    STRING = "string"
    STRINGS = "strings"


class Need(StrEnum):
    """What a metric cannot do without."""

    OUTPUT = "output"
    REFERENCE = "reference"
    DOCUMENTS = "documents"
    TEXT = "text"
    """A prompt or an answer: one of the two."""


@dataclass(frozen=True, slots=True)
class MetricInput:
    """What is known of one run; None or empty is not known, or not to be looked at.

    A guard on the prompt gives no output, a guard on the answer no prompt, so that each looks at its own side.
    """

    prompt: str | None = None
    """All the texts of the prompt as it was sent."""
    output: str | None = None
    sent: tuple[Any, ...] = ()
    """All that goes on of the request, as JSON values, `prompt` among it: what the provider is sent, and a judge."""
    given: tuple[Any, ...] = ()
    """All that is given of the answer, likewise."""
    latency_ms: int | None = None
    usage: Usage = field(default_factory=Usage)
    reference: str | None = None
    documents: tuple[str, ...] = ()
    ttft_ms: int | None = None
    cost_usd: Decimal | None = None
    finish_reason: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    tools: tuple[dict[str, Any], ...] = ()
    """Those that the model was given, in OpenAI's form."""
    rubric: str | None = None
    """What a judge is to score by, where its metric leaves that open."""


class Unscored(Exception):
    """A metric cannot be computed of this run. The message says why."""


class ValueForm(StrEnum):
    """What a metric is measured with, where that is not a reference or documents of the run."""

    TEXT = "a text"
    JSON = "a text or a JSON value"
    TEXTS = "a list of texts, or one text with commas between them"
    REFERENCES = "a text or a list of them"
    PATTERN = "a regular expression"
    SCHEMA = "a JSON schema, or none"
    WORDS = "a number of words, or {min, max}, or none"
    RUBRIC = "a rubric"

    @property
    def optional(self) -> bool:
        return self in {ValueForm.SCHEMA, ValueForm.WORDS}


@dataclass(frozen=True, slots=True)
class MetricResult:
    """A metric of one run. `score` is None unless the status is COMPLETED, and then `error_message` says why."""

    name: str
    score: Score | None
    status: MetricStatus = MetricStatus.COMPLETED
    error_message: str | None = None
    error_resolution: tuple[ErrorResolution, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    """How the score came about, as JSON values."""
    inconclusive: bool = False
    """What was looked at may itself have kept this from being scored, or from being scored to its end."""

    @classmethod
    def skipped(cls, name: str, why: str) -> "MetricResult":
        return cls(name, None, MetricStatus.SKIPPED, why, (ErrorResolution.METRIC,))

    @classmethod
    def failed(cls, name: str, why: str, *, inconclusive: bool = False) -> "MetricResult":
        return cls(name, None, MetricStatus.ERROR, why, (ErrorResolution.METRIC,), inconclusive=inconclusive)


@dataclass(frozen=True, slots=True)
class Metric:
    """One row of the table of metrics. It has one of `compute`, `measure` (for those measured with a value), `judge`,
    which names the prompt of a model that scores it, and `combines`."""

    name: str
    side: Side
    compute: Callable[[MetricInput], MetricResult] | None = None
    judge: str | None = None
    kind: ScoreKind = ScoreKind.NUMBER
    needs: frozenset[Need] = frozenset()
    windowed: bool = False
    """Whether a guard on a streamed answer may let text go by windows; else it must hold the whole answer."""
    measure: Callable[[MetricInput, Any], float | bool] | None = None
    """Raises Unscored."""
    value: ValueForm | None = None
    """None: it takes no value but a reference in the run's place, where it needs one."""
    from_reference: bool = False
    """Whether the run's reference stands for a value that is not given."""
    lower_is_better: bool = False
    """It is a measure without an upper bound, which passes up to its threshold; others pass from theirs on."""
    combines: bool = False
    """It is made of the other metrics of the same run."""
