"""Metrics as they are asked for outside playgrounds: a name of the table of metrics, and what it is measured with."""

from typing import Any

from pydantic import ConfigDict, Field

from promptyard.domain.deferred import FrozenModel


class MetricSpec(FrozenModel):
    """One metric of a benchmark. `metric` is a name of the table of metrics."""

    model_config = ConfigDict(extra="forbid", validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    metric: str = Field(min_length=1, max_length=64)
    """The metric's name, as in the table of metrics."""
    name: str | None = Field(None, min_length=1, max_length=128)
    """What its owner calls it; unique within a benchmark. None: the metric's own name, with `not_` before it where it
    is turned round."""
    negated: bool = Field(False, alias="not")
    """Whether the metric is turned round: what passes at its threshold fails, and a score from 0 to 1 becomes 1 −
    score."""
    value: Any = None
    """What the answer is compared with, in the metric's own form: a text, a list of texts, a JSON schema, a rubric, a
    number. A text may hold `{{variables}}` of the row. None: the row's reference."""
    threshold: float | None = None
    """The score from which on the metric passes (of measures, such as cost and latency, up to which): the score is then
    1 or 0. None: the score stays as it is."""
    weight: float = Field(1, ge=0)
    """How much the metric counts beside others, at least 0."""
    judge: str | None = Field(None, min_length=1, max_length=256)
    """The model that scores it, as `provider/model`. None: no model scores it."""

    @property
    def label(self) -> str:
        return self.name or ("not_" if self.negated else "") + self.metric
