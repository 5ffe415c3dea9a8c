"""Whether a benchmark as its owner defines it could ever be run, and judged."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from promptyard.domain.benchmarks.benchmark import MAX_BYTES, MEASURES, Benchmark, Gate
from promptyard.domain.benchmarks.matrix import baseline_of
from promptyard.domain.errors import InvalidRequest, TooLarge, UnknownModel, below, named_in_body
from promptyard.domain.models.targets import Target
from promptyard.domain.prompts.names import PromptReference, split_version_id
from promptyard.domain.prompts.origin import Template
from promptyard.domain.prompts.prompt import PromptContent
from promptyard.domain.prompts.templates import compile_messages
from promptyard.domain.runs.metrics.specs import check_specs

if TYPE_CHECKING:
    from promptyard.services.benchmarks.defining.versions import Matrix, MatrixReader
    from promptyard.services.ports.benchmarks import DatasetStore
    from promptyard.services.prompts.registry import PromptService
    from promptyard.services.runs.targets import TargetResolver

_SOURCES = ("prompt_id", "version_ids", "template")


class DefinitionCheck:
    """`check_url` raises EndpointRefused for a webhook's URL whose form is wrong; `has_guardrail` tells whether the
    deployment has one that scores toxicity and jailbreaks in a judge's place."""

    def __init__(
        self,
        datasets: "DatasetStore",
        prompts: "PromptService",
        matrix: "MatrixReader",
        resolver: "TargetResolver",
        *,
        check_url: Callable[[str], None],
        has_guardrail: bool,
    ) -> None:
        self._datasets = datasets
        self._prompts = prompts
        self._matrix = matrix
        self._resolver = resolver
        self._check_url = check_url
        self._has_guardrail = has_guardrail

    async def checked(self, benchmark: Benchmark) -> Benchmark:
        """The benchmark, what it names by name named by id. Raises InvalidRequest at the field at fault, UnknownModel,
        UnknownReference, TooLarge."""
        if len(benchmark.model_dump_json().encode()) > MAX_BYTES:
            raise TooLarge(f"A benchmark can take {MAX_BYTES:,} bytes")
        _check_one_source(benchmark)
        benchmark = await self._with_ids(benchmark)
        await self._check_dataset(benchmark)
        self._check_metrics(benchmark)
        for index, gate in enumerate(benchmark.gates):
            with below("gates", index):
                check_gate(gate, benchmark)
        for provider in benchmark.provider_concurrency:
            if not self._resolver.has_provider(provider):
                place = ("body", "provider_concurrency", provider)
                raise InvalidRequest(f"Unknown provider: {provider}", loc=place, kind="not_found")
        _check_watch(benchmark)
        if benchmark.webhook_url is not None:
            self._check_url(benchmark.webhook_url)
        matrix = await self._matrix.read(benchmark)
        if matrix is not None:
            _check_baseline(benchmark, matrix)
        return benchmark

    async def _with_ids(self, benchmark: Benchmark) -> Benchmark:
        changes: dict[str, Any] = {}
        if benchmark.prompt_id is not None:
            changes["prompt_id"] = await self._prompt_id(benchmark, benchmark.prompt_id, "prompt_id")
        watch = benchmark.watch
        if watch is not None and watch.prompt_id is not None:
            watched = await self._prompt_id(benchmark, watch.prompt_id, "watch", "prompt_id")
            changes["watch"] = watch.model_copy(update={"prompt_id": watched})
        return benchmark.model_copy(update=changes)

    async def _prompt_id(self, benchmark: Benchmark, named: str, *place: str) -> str:
        reference = PromptReference.parse(named, loc=("body", *place), with_version=False)
        with named_in_body(*place):
            return (await self._prompts.get(benchmark.tenant, reference)).id

    async def _check_dataset(self, benchmark: Benchmark) -> None:
        with named_in_body("dataset_id"):
            await self._datasets.get(benchmark.tenant, benchmark.dataset_id)
        if benchmark.dataset_version is not None:
            with named_in_body("dataset_version"):
                await self._datasets.version(benchmark.tenant, benchmark.dataset_id, benchmark.dataset_version)

    def _check_metrics(self, benchmark: Benchmark) -> None:
        with below("metrics"):
            check_specs(benchmark.metrics, has_guardrail=self._has_guardrail)
        for index, spec in enumerate(benchmark.metrics):
            if spec.label in MEASURES:
                message = f"{spec.label} is what every run is measured by: give the metric another name"
                raise InvalidRequest(message, loc=("body", "metrics", index, "name"), kind="duplicate")
            if spec.judge is not None:
                try:
                    self._resolver.model(Target(model=spec.judge))
                except UnknownModel as error:
                    raise UnknownModel(spec.judge, loc=("body", "metrics", index, "judge")) from error


def check_gate(gate: Gate, benchmark: Benchmark) -> None:
    """Raises InvalidRequest, below `body`."""
    labels = [spec.label for spec in benchmark.metrics]
    if gate.metric not in {*labels, *MEASURES}:
        known = ", ".join([*labels, *MEASURES])
        raise InvalidRequest(f"metric is none of {known}", loc=("body", "metric"), kind="unknown_metric")
    given = [name for name in ("value", "baseline_times", "verdict") if getattr(gate, name) is not None]
    if len(given) != 1:
        found = " and ".join(given) or "none"
        raise InvalidRequest(f"give exactly one of value, baseline_times and verdict; found {found}", kind="gate")
    if (gate.verdict is None) == (gate.op is None):
        wrong = "is required with value and baseline_times" if gate.op is None else "does not go with verdict"
        raise InvalidRequest(f"op {wrong}", loc=("body", "op"), kind="gate")


def _check_one_source(benchmark: Benchmark) -> None:
    given = [name for name in _SOURCES if getattr(benchmark, name)]
    if len(given) > 1:
        raise InvalidRequest(f"give one of {', '.join(_SOURCES)}; found {' and '.join(given)}", kind="one_prompt")
    for index, version in enumerate(benchmark.version_ids):
        with named_in_body("version_ids", index):
            split_version_id(version)
        if version in benchmark.version_ids[:index]:
            raise InvalidRequest("It stands twice", loc=("body", "version_ids", index), kind="duplicate")
    if benchmark.template is not None:
        _check_template(benchmark.template)


def _check_template(template: Template) -> None:
    given = template.messages
    content = PromptContent.of_text(template.text or "") if given is None else PromptContent.of_messages(given)
    content.check(("body", "template"))
    compiled = compile_messages(content.as_messages(), dict.fromkeys(content.variables(), ""))
    if compiled.invalid_names:
        told = ", ".join("{{" + name + "}}" for name in compiled.invalid_names)
        raise InvalidRequest(f"No names of variables: {told}", loc=("body", "template"), kind="invalid_names")


def _check_watch(benchmark: Benchmark) -> None:
    watch = benchmark.watch
    if watch is None:
        return
    if watch.prompt_id is None and not watch.dataset:
        raise InvalidRequest("watch names nothing: give prompt_id or dataset", loc=("body", "watch"), kind="missing")
    if watch.prompt_id is None and watch.label is not None:
        raise InvalidRequest("label needs the prompt_id", loc=("body", "watch", "label"), kind="missing")
    prompts = {benchmark.prompt_id, *(split_version_id(version)[0] for version in benchmark.version_ids)} - {None}
    if watch.prompt_id is not None and prompts != {watch.prompt_id}:
        message = "Only the prompt that is benchmarked can be watched"
        raise InvalidRequest(message, loc=("body", "watch", "prompt_id"), kind="watch")
    if watch.label is not None and not benchmark.gates:
        raise InvalidRequest("A label cannot be guarded without gates", loc=("body", "gates"), kind="missing")


def _check_baseline(benchmark: Benchmark, matrix: "Matrix") -> None:
    if baseline_of(matrix.columns, benchmark.baseline) is None:
        names = ", ".join(column.name for column in matrix.columns)
        raise InvalidRequest(f"No column has that name: {names}", loc=("body", "baseline"), kind="not_found")
