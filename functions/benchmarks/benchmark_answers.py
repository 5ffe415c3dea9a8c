"""Answers about benchmarks as they are defined."""

from typing import TYPE_CHECKING

from promptyard.api.answers.fields import LeftOut, Timestamp, Usd, WithoutNulls
from promptyard.api.paging import PageAnswer
from promptyard.domain.benchmarks.benchmark import Benchmark, ColumnIntensity, Gate, Watch
from promptyard.domain.deferred import DeferredModel
from promptyard.domain.models.messages import Message
from promptyard.domain.models.targets import Parameters, Target
from promptyard.domain.runs.metrics.spec import MetricSpec

if TYPE_CHECKING:
    from promptyard.services.benchmarks.defining.benchmarks import Defined


class BenchmarkTargetAnswer(DeferredModel):
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


class BenchmarkAnswer(DeferredModel):
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
    judge_twice: int
    metrics: list[WithoutNulls[MetricSpec]]
    baseline: str | None
    gates: list[WithoutNulls[Gate]]
    budget_usd: Usd | None
    concurrency: int
    provider_concurrency: dict[str, int]
    watch: WithoutNulls[Watch] | None
    webhook_url: str | None
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
            judge_twice=benchmark.judge_twice,
            metrics=benchmark.metrics,
            baseline=benchmark.baseline,
            gates=benchmark.gates,
            budget_usd=benchmark.budget_usd,
            concurrency=benchmark.concurrency,
            provider_concurrency=benchmark.provider_concurrency,
            watch=benchmark.watch,
            webhook_url=benchmark.webhook_url,
            created_at=benchmark.created_at,
            created_by=benchmark.created_by,
            updated_at=benchmark.updated_at,
        )


class DefinedBenchmark(BenchmarkAnswer):
    """`webhook_secret` is there where the webhook is new, and shown this once: `whsec_` and the key of the signatures,
    in base64."""

    webhook_secret: LeftOut[str] = None

    @classmethod
    def of_defined(cls, defined: "Defined") -> "DefinedBenchmark":
        secret = None if defined.secret is None else defined.secret.get_secret_value()
        return DefinedBenchmark(**vars(BenchmarkAnswer.of(defined.benchmark)), webhook_secret=secret)

    def without_secret(self) -> "DefinedBenchmark":
        return self.model_copy(update={"webhook_secret": None})


class BenchmarkPageAnswer(PageAnswer[BenchmarkAnswer]):
    pass
