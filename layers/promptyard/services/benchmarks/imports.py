"""Other tools' benchmarks made ours: a dataset, the prompts where there are several, and the benchmark."""

import asyncio
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promptyard.domain.account.access import Caller
from promptyard.domain.benchmarks.benchmark import Benchmark, BenchmarkDefinition, BenchmarkRun
from promptyard.domain.benchmarks.datasets import Dataset, DatasetVersion, VersionFormat
from promptyard.domain.benchmarks.imports.imported import ImportedBenchmark, ImportedPrompt
from promptyard.domain.benchmarks.imports.refusals import Refusal
from promptyard.domain.errors import PromptyardError, UnknownModel
from promptyard.domain.models.targets import Target
from promptyard.domain.prompts.prompt import PromptContent, VersionDraft

if TYPE_CHECKING:
    from promptyard.services.benchmarks.dataset_versions import DatasetVersions
    from promptyard.services.benchmarks.datasets import DatasetService
    from promptyard.services.benchmarks.defining.benchmarks import BenchmarkService
    from promptyard.services.benchmarks.imported_runs import ImportedRuns
    from promptyard.services.prompts.registry import PromptService
    from promptyard.services.runs.targets import TargetResolver

NAMESPACE = "imported"
"""Of prompts that were imported."""


@dataclass(frozen=True, slots=True)
class Readers:
    """What reads files: `importing.import_promptfoo` and `import_openai_evals`."""

    promptfoo: Callable[..., ImportedBenchmark]
    openai_evals: Callable[..., ImportedBenchmark]


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What was made of an import."""

    dataset: Dataset
    version: DatasetVersion
    benchmark: Benchmark | None
    """None: there was nothing but rows."""
    run: BenchmarkRun | None
    """Of results; queued, for its report is made yet."""
    left_out: Sequence[Refusal]
    notes: Sequence[str]


class BenchmarkImports:
    """Methods raise ImportRefused for what cannot be taken, TooLarge, and what making the benchmark raises, with
    nothing kept. Where the store fails midway, versions of prompts may be left, which are not deleted."""

    def __init__(
        self,
        datasets: "DatasetService",
        versions: "DatasetVersions",
        prompts: "PromptService",
        benchmarks: "BenchmarkService",
        resolver: "TargetResolver",
        *,
        runs: "ImportedRuns",
        readers: Readers,
    ) -> None:
        self._datasets = datasets
        self._versions = versions
        self._prompts = prompts
        self._benchmarks = benchmarks
        self._resolver = resolver
        self._runs = runs
        self._readers = readers

    async def promptfoo(
        self, caller: Caller, data: bytes, *, name: str | None, judge: str | None, skip_unsupported: bool
    ) -> TakenIn:
        """A config. `judge`: the model that scores where the config names none. Raises UnknownModel."""
        if judge is not None:
            try:
                self._resolver.model(Target(model=judge))
            except UnknownModel:
                raise UnknownModel(judge, loc=("query", "judge")) from None
        imported = await asyncio.to_thread(
            self._readers.promptfoo, data, judge=judge, skip_unsupported=skip_unsupported
        )
        return await self._take(caller, imported, name or imported.name, "promptfoo")

    async def openai_evals(self, caller: Caller, data: bytes, *, name: str | None, skip_unsupported: bool) -> TakenIn:
        """Data are rows; results a finished benchmark run, too."""
        imported = await asyncio.to_thread(self._readers.openai_evals, data, skip_unsupported=skip_unsupported)
        return await self._take(caller, imported, name or imported.name, "openai-evals")

    async def _take(self, caller: Caller, imported: ImportedBenchmark, name: str, format_: VersionFormat) -> TakenIn:
        dataset = await self._datasets.create(caller, name=name)
        benchmark = run = None
        try:
            version = await self._versions.add_rows(caller, dataset.id, imported.rows, format_)
            if imported.targets or imported.runs:
                benchmark = await self._benchmark(caller, imported, dataset, name)
                if imported.runs:
                    run = await self._runs.take(caller, benchmark, version, imported.runs)
        except PromptyardError:
            with suppress(PromptyardError):
                if benchmark is not None:
                    await self._benchmarks.delete(caller, benchmark.id)
                await self._datasets.delete(caller, dataset.id)
            raise
        return TakenIn(dataset, version, benchmark, run, imported.left_out, imported.notes)

    async def _benchmark(self, caller: Caller, imported: ImportedBenchmark, dataset: Dataset, name: str) -> Benchmark:
        """Prompts are saved when nothing can be wrong with it any more: their versions stay."""
        definition = BenchmarkDefinition(
            name=name,
            dataset_id=dataset.id,
            targets=imported.targets,
            metrics=imported.metrics,
            repeats=imported.repeats,
        )
        if imported.concurrency is not None:
            definition = definition.model_copy(update={"concurrency": imported.concurrency})
        templates = [prompt.template for prompt in imported.prompts]
        if len(templates) > 1:
            for template in templates:
                await self._benchmarks.check(caller, definition.model_copy(update={"template": template}))
            ids = await self._version_ids(caller, imported.prompts, name, dataset)
            definition = definition.model_copy(update={"version_ids": ids})
        elif templates:
            definition = definition.model_copy(update={"template": templates[0]})
        return (await self._benchmarks.create(caller, definition)).benchmark

    async def _version_ids(
        self, caller: Caller, prompts: Sequence[ImportedPrompt], name: str, dataset: Dataset
    ) -> list[str]:
        """Of a new prompt's versions, one for each prompt; what says the same twice is one."""
        slug = f"{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')[:40] or 'prompts'}-{dataset.id[-12:]}"
        ids: list[str] = []
        for prompt in prompts:
            messages = prompt.template.messages
            text = prompt.template.text or ""
            content = PromptContent.of_text(text) if messages is None else PromptContent.of_messages(messages)
            draft = VersionDraft(content, commit_message=prompt.label)
            ids.append((await self._prompts.save_version(caller, NAMESPACE, slug, draft)).version.id)
        return list(dict.fromkeys(ids))
