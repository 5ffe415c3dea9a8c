"""The wire of benchmarks: requests."""

from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from promptyard.api.requests import WireRequest, example
from promptyard.domain.benchmarks.benchmark import (
    COMPRESSION_PRESET,
    MAX_CONCURRENCY,
    MAX_GATES,
    MAX_JUDGED_TWICE,
    MAX_METRICS,
    MAX_REPEATS,
    MAX_TARGETS,
    BenchmarkDefinition,
    ColumnIntensity,
    Gate,
    Watch,
)
from promptyard.domain.models.messages import Message
from promptyard.domain.models.targets import Parameters, Target
from promptyard.domain.prompts.names import NAME_PATTERN, UUID_PATTERN
from promptyard.domain.prompts.origin import Template
from promptyard.domain.runs.metrics.spec import MetricSpec

Name = Annotated[str, Field(min_length=1, max_length=256)]
Url = Annotated[str, Field(min_length=1, max_length=2048)]
VersionId = Annotated[str, Field(pattern=f"^{UUID_PATTERN}$")]
Usd = Annotated[Decimal, Field(gt=0, le=10**9, decimal_places=9)]
Prompt = Annotated[str, Field(min_length=1, max_length=256)]


class BenchmarkTarget(WireRequest):
    """A model, or whose it is; of a prompt's version with a default model, neither need be named. Its key is one that
    is stored: the tenant's, or the deployment's."""

    provider: str | None = Field(None, min_length=1, max_length=64)
    model: str | None = Field(None, min_length=1, max_length=256)
    parameters: Parameters = Parameters()
    """What is asked of the model. What is not given is not sent."""
    custom_base_url: Url | None = None

    def target(self) -> Target:
        return Target(
            model=self.model,
            provider=self.provider,
            parameters=self.parameters,
            custom_base_url=self.custom_base_url,
        )


class WatchRequest(WireRequest):
    """What starts the benchmark by itself: a new version of its prompt (`prompt_id`, also `namespace/slug`), or rows
    that were uploaded into its dataset (`dataset`). A `label` of that prompt moves only to a version that has
    passed."""

    prompt_id: Prompt | None = None
    label: str | None = Field(None, pattern=NAME_PATTERN)
    dataset: bool = False

    def watch(self) -> Watch:
        return Watch(prompt_id=self.prompt_id, label=self.label, dataset=self.dataset)


def _without_nulls(given: Any) -> Any:
    """A field that is null is absent."""
    return {name: value for name, value in given.items() if value is not None} if isinstance(given, dict) else given


TemplateText = str | list[Message]
Intensities = Annotated[list[ColumnIntensity], Field(max_length=5)]
DatasetNumber = Annotated[int, Field(ge=1)]
Baseline = Annotated[str, Field(min_length=1, max_length=512)]
Metrics = Annotated[
    list[Annotated[MetricSpec, BeforeValidator(_without_nulls)]], Field(min_length=1, max_length=MAX_METRICS)
]
Targets = Annotated[list[BenchmarkTarget], Field(min_length=1, max_length=MAX_TARGETS)]
Gates = Annotated[list[Annotated[Gate, BeforeValidator(_without_nulls)]], Field(max_length=MAX_GATES)]
VersionIds = Annotated[list[VersionId], Field(min_length=1, max_length=50)]
Preset = Literal["compression"]
Repeats = Annotated[int, Field(ge=1, le=MAX_REPEATS)]
JudgeTwice = Annotated[int, Field(ge=0, le=MAX_JUDGED_TWICE)]
Concurrency = Annotated[int, Field(ge=1, le=MAX_CONCURRENCY)]
ProviderConcurrency = Annotated[
    dict[Annotated[str, Field(min_length=1, max_length=64)], Concurrency], Field(max_length=MAX_TARGETS)
]


class NewBenchmarkRequest(WireRequest):
    """A dataset over a matrix of prompt versions, targets and intensities. The prompt is `prompt_id` (its newest
    version when a run begins; also `namespace/slug`), `version_ids`, `template` (a text or messages with
    `{{variables}}`), or none: then the rows' messages are sent."""

    model_config = example(
        {
            "name": "Greetings",
            "dataset_id": "0d7d9ba1-5f0e-7c1b-9d0d-2f6f1c6a0001",
            "template": "Say {{word}}",
            "targets": [{"model": "demo/echo"}, {"model": "demo/writer"}],
            "metrics": [{"metric": "exact_match"}],
            "gates": [{"metric": "exact_match", "op": ">=", "value": 0.9}],
        }
    )

    name: Name
    dataset_id: str
    dataset_version: DatasetNumber | None = None
    prompt_id: Prompt | None = None
    version_ids: VersionIds | None = None
    template: TemplateText | None = None
    targets: Targets
    intensities: Intensities = Field([])
    preset: Preset | None = None
    """In the place of `intensities`: the prompt as it is, the control that only says to be brief, and every level. The
    report says what each saves, beside what it does to the answers."""
    repeats: Repeats = 1
    judge_twice: JudgeTwice = 0
    metrics: Metrics
    baseline: Baseline | None = None
    gates: Gates = Field([])
    budget_usd: Usd | None = None
    concurrency: Concurrency = 10
    provider_concurrency: ProviderConcurrency = Field({})
    watch: WatchRequest | None = None
    webhook_url: Url | None = None

    @model_validator(mode="after")
    def _one_choice(self) -> Self:
        _check_preset(self)
        return self

    def definition(self) -> BenchmarkDefinition:
        return BenchmarkDefinition(**_fields(self, set(type(self).model_fields)))


class BenchmarkChanges(WireRequest):
    """What is to change; what is left out stays, and what is null is taken away. A prompt, versions or a template take
    the place of what there was of these. Runs that have begun stay as they are."""

    model_config = example({"repeats": 3})

    name: Name | None = None
    dataset_id: str | None = None
    dataset_version: DatasetNumber | None = None
    prompt_id: Prompt | None = None
    version_ids: VersionIds | None = None
    template: TemplateText | None = None
    targets: Targets | None = None
    intensities: Intensities | None = None
    preset: Preset | None = None
    repeats: Repeats | None = None
    judge_twice: JudgeTwice | None = None
    metrics: Metrics | None = None
    baseline: Baseline | None = None
    gates: Gates | None = None
    budget_usd: Usd | None = None
    concurrency: Concurrency | None = None
    provider_concurrency: ProviderConcurrency | None = None
    watch: WatchRequest | None = None
    webhook_url: Url | None = None

    @model_validator(mode="after")
    def _required_stay(self) -> Self:
        for name in sorted(self.model_fields_set & _ALWAYS_THERE):
            if getattr(self, name) is None:
                raise ValueError(f"{name} cannot be taken away")
        _check_preset(self)
        return self

    def changes(self) -> dict[str, Any]:
        """By the names of BenchmarkDefinition."""
        return _fields(self, self.model_fields_set)


_ALWAYS_THERE = {"name", "dataset_id", "targets", "repeats", "judge_twice", "metrics", "concurrency"}


def _check_preset(body: NewBenchmarkRequest | BenchmarkChanges) -> None:
    if body.preset is not None and body.intensities:
        raise ValueError("preset and intensities exclude each other")


def _fields(body: NewBenchmarkRequest | BenchmarkChanges, names: set[str]) -> dict[str, Any]:
    fields = {name: getattr(body, name) for name in names - {"preset"}}
    if body.preset is not None:
        fields["intensities"] = list(COMPRESSION_PRESET)
    for name in ("version_ids", "intensities", "gates"):
        if name in fields:
            fields[name] = fields[name] or []
    if "provider_concurrency" in fields:
        fields["provider_concurrency"] = fields["provider_concurrency"] or {}
    if body.version_ids is not None and "version_ids" in fields:
        fields["version_ids"] = [version.lower() for version in body.version_ids]
    if body.targets is not None and "targets" in fields:
        fields["targets"] = [target.target() for target in body.targets]
    if body.template is not None and "template" in fields:
        text = body.template if isinstance(body.template, str) else None
        messages = None if isinstance(body.template, str) else body.template
        fields["template"] = Template(text=text, messages=messages)
    if body.watch is not None and "watch" in fields:
        fields["watch"] = body.watch.watch()
    return fields


class StartRequest(WireRequest):
    """A run of the benchmark: on a version of its prompt, where one is named. The same `request_id`, if it is given, is
    one run however often it is sent."""

    model_config = example({})

    version_id: VersionId | None = None
    """The id of a version of the benchmark's prompt to run it on."""
    request_id: str | None = Field(None, min_length=1, max_length=256)
    """A word of the caller's own, at most 256 characters: with the same one it is one run, however often it is sent."""


class ResumeRequest(WireRequest):
    """With another budget, where one is given."""

    model_config = example({})

    budget_usd: Usd | None = None
    """Another budget for the run, in US dollars, more than 0."""


ResultFormat = Literal["jsonl", "csv"]
