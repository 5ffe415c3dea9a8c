"""Which prompt versions, and so which columns, a benchmark has now."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promptyard.domain.benchmarks.benchmark import MAX_COLUMNS, Benchmark, Column
from promptyard.domain.benchmarks.matrix import NamedTarget, columns_of, versions_of
from promptyard.domain.errors import InvalidRequest, NotFound, UnknownModel, below, named_in_body
from promptyard.domain.prompts.names import PromptReference, split_version_id
from promptyard.services.prompts.prompting import ComposedPrompt, with_defaults

if TYPE_CHECKING:
    from promptyard.domain.models.targets import Target
    from promptyard.domain.prompts.prompt import PromptVersion
    from promptyard.services.prompts.registry import PromptService
    from promptyard.services.runs.targets import TargetResolver


@dataclass(frozen=True, slots=True)
class Matrix:
    """A benchmark's columns, and the prompt versions that they are of, by id."""

    columns: list[Column]
    versions: "dict[str, PromptVersion]"


class MatrixReader:
    def __init__(self, prompts: "PromptService", resolver: "TargetResolver") -> None:
        self._prompts = prompts
        self._resolver = resolver

    async def read(self, benchmark: Benchmark, asked: str | None = None) -> Matrix | None:
        """None where its prompt has no version yet. `asked`: the version that a run is asked for.

        Raises InvalidRequest at what is wrong of the benchmark: UnknownReference for a prompt or a version that is not
        there, UnknownModel, too many columns; and for an `asked` that is none of the benchmark's prompts.
        """
        newest, labelled = await self._newest(benchmark), await self._labelled(benchmark)
        if asked is not None:
            self._check_asked(benchmark, asked)
        ids = versions_of(benchmark, newest=newest, labelled=labelled, asked=asked)
        if benchmark.prompt_id is not None and not ids:
            return None
        found = await asyncio.gather(*(self._version(benchmark, version) for version in ids))
        versions = {version.id: version for version in found}
        named: Sequence[tuple[str | None, list[NamedTarget]]] = [
            (version.id, self._named(benchmark, version)) for version in found
        ] or [(None, self._named(benchmark, None))]
        count = sum(len(targets) for _, targets in named) * max(1, len(benchmark.intensities))
        if count > MAX_COLUMNS:
            raise InvalidRequest(f"These are {count} columns: {MAX_COLUMNS} are allowed", loc=("body", "targets"))
        return Matrix(columns_of(benchmark, named), versions)

    async def _newest(self, benchmark: Benchmark) -> str | None:
        if benchmark.prompt_id is None:
            return None
        with named_in_body("prompt_id"):
            prompt = await self._prompts.get(benchmark.tenant, _reference(benchmark.prompt_id))
        try:
            return (await self._prompts.find_version(benchmark.tenant, _reference(prompt.id))).id
        except NotFound:
            return None

    async def _labelled(self, benchmark: Benchmark) -> str | None:
        watch = benchmark.watch
        if watch is None or watch.prompt_id is None or watch.label is None:
            return None
        with named_in_body("watch", "prompt_id"):
            await self._prompts.get(benchmark.tenant, _reference(watch.prompt_id))
        try:
            labelled = PromptReference(watch.prompt_id, id=watch.prompt_id, label=watch.label)
            return (await self._prompts.find_version(benchmark.tenant, labelled)).id
        except NotFound:
            return None

    @staticmethod
    def _check_asked(benchmark: Benchmark, asked: str) -> None:
        with named_in_body("version_id"):
            owner, _ = split_version_id(asked)
        prompts = {benchmark.prompt_id, *(split_version_id(version)[0] for version in benchmark.version_ids)}
        if owner not in prompts:
            raise InvalidRequest("This is a version of none of the benchmark's prompts", loc=("body", "version_id"))

    async def _version(self, benchmark: Benchmark, version_id: str) -> "PromptVersion":
        of_list = version_id in benchmark.version_ids
        place = ("version_ids", benchmark.version_ids.index(version_id)) if of_list else ("version_id",)
        with named_in_body(*place):
            return await self._prompts.version(benchmark.tenant, version_id)

    def _named(self, benchmark: Benchmark, version: "PromptVersion | None") -> list[NamedTarget]:
        return [
            NamedTarget(target, self.name(target, version, index)) for index, target in enumerate(benchmark.targets)
        ]

    def name(self, target: "Target", version: "PromptVersion | None", index: int) -> str:
        """Raises InvalidRequest, below the target's place."""
        place = ("targets", index)
        with below(*place):
            try:
                return self._resolver.model(target_of(target, version)).id
            except UnknownModel as error:
                raise UnknownModel(target.model or "", loc=("body", "model")) from error


def target_of(target: "Target", version: "PromptVersion | None") -> "Target":
    """With the model and the parameters that the version has for it."""
    if version is None:
        return target
    had = ComposedPrompt(messages=(), default_model=version.default_model, default_parameters=version.parameters)
    return with_defaults(target, had)


def _reference(prompt_id: str) -> PromptReference:
    return PromptReference(prompt_id, id=prompt_id)
