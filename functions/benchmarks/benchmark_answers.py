"""Answers about benchmarks as they are defined."""

from pydantic import BaseModel

from promptyard.api.answers.fields import Timestamp, Usd, WithoutNulls
from promptyard.api.paging import PageAnswer
from promptyard.domain.benchmarks.benchmark import Benchmark, ColumnIntensity, Gate, Watch
from promptyard.domain.models.messages import Message
from promptyard.domain.models.targets import Parameters, Target
from promptyard.domain.runs.metrics.spec import MetricSpec


class BenchmarkTargetAnswer(BaseModel):
    provider: str | None
    model: str | None
    parameters: WithoutNulls[Parameters]
    custom_base_url: str | None

    @classmethod
    def of(cls, target: Target) -> "BenchmarkTargetAnswer":
        return BenchmarkTargetAnswer(
            provider=target.provider,
            model=target.model,
            parameters=target.parameters,
            custom_base_url=target.custom_base_url,
        )


class BenchmarkAnswer(BaseModel):
    """A benchmark. One of `prompt_id`, `version_ids` and `template` is its prompt; none: the rows' own messages."""

    id: str
    name: str
    dataset_id: str
    dataset_version: int | None
    prompt_id: str | None
    version_ids: list[str]
    template: str | list[WithoutNulls[Message]] | None
    targets: list[BenchmarkTargetAnswer]
    intensities: list[ColumnIntensity]
    repeats: int
    metrics: list[WithoutNulls[MetricSpec]]
    baseline: str | None
    gates: list[WithoutNulls[Gate]]
    budget_usd: Usd | None
    concurrency: int
    watch: WithoutNulls[Watch] | None
    created_at: Timestamp
    created_by: str
    updated_at: Timestamp

    @classmethod
    def of(cls, benchmark: Benchmark) -> "BenchmarkAnswer":
        template = benchmark.template
        return BenchmarkAnswer(
            id=benchmark.id,
            name=benchmark.name,
            dataset_id=benchmark.dataset_id,
            dataset_version=benchmark.dataset_version,
            prompt_id=benchmark.prompt_id,
            version_ids=benchmark.version_ids,
            template=None if template is None else template.messages or template.text,
            targets=[BenchmarkTargetAnswer.of(target) for target in benchmark.targets],
            intensities=benchmark.intensities,
            repeats=benchmark.repeats,
            metrics=benchmark.metrics,
            baseline=benchmark.baseline,
            gates=benchmark.gates,
            budget_usd=benchmark.budget_usd,
            concurrency=benchmark.concurrency,
            watch=benchmark.watch,
            created_at=benchmark.created_at,
            created_by=benchmark.created_by,
            updated_at=benchmark.updated_at,
        )


class BenchmarkPageAnswer(PageAnswer[BenchmarkAnswer]):
    pass
