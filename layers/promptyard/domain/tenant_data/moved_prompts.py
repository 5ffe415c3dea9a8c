"""The ids of prompts in an archive of another tenant. A prompt's id follows from its tenant and its name
(`domain.prompts.names`), so that it is another one here, and what names a prompt or a version has to name that one."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel

from promptyard.domain.benchmarks.benchmark import Benchmark, BenchmarkRun
from promptyard.domain.playgrounds.blueprints import LlmBlueprint
from promptyard.domain.prompts.names import MAX_VERSIONS
from promptyard.domain.prompts.prompt import PromptVersion
from promptyard.domain.runs.run import Run
from promptyard.domain.runs.saved_runs import SavedRun

Moved = Callable[[str | None], str | None]
"""The id here of a prompt or a version there."""
Thing = TypeVar("Thing", bound=BaseModel)


class MovedPrompts:
    """`ids` are those here by those there; what is in none of them stays as it is."""

    def __init__(self, ids: Mapping[str, str]) -> None:
        self._ids = {UUID(there).int: UUID(here).int for there, here in ids.items()}

    def id(self, identifier: str | None) -> str | None:
        """Of a prompt or a version."""
        try:
            value = UUID(identifier or "").int
        except ValueError:
            return identifier
        number = value & MAX_VERSIONS
        here = self._ids.get(value - number)
        return identifier if here is None else str(UUID(int=here | number))

    def placed(self, thing: Thing) -> Thing:
        """The thing with the ids that hold here."""
        change = _CHANGES.get(type(thing))
        return thing if change is None or not self._ids else thing.model_copy(update=change(thing, self.id))


def _links(thing: Any, moved: Moved) -> dict[str, Any]:
    return {"prompt_id": moved(thing.prompt_id), "version_id": moved(thing.version_id)}


def _benchmark(benchmark: Benchmark, moved: Moved) -> dict[str, Any]:
    watch = benchmark.watch
    return {
        "prompt_id": moved(benchmark.prompt_id),
        "version_ids": [moved(version_id) for version_id in benchmark.version_ids],
        "watch": None if watch is None else watch.model_copy(update={"prompt_id": moved(watch.prompt_id)}),
    }


def _benchmark_run(run: BenchmarkRun, moved: Moved) -> dict[str, Any]:
    return {
        "benchmark": run.benchmark.model_copy(update=_benchmark(run.benchmark, moved)),
        "columns": [column.model_copy(update={"version_id": moved(column.version_id)}) for column in run.columns],
        "version_id": moved(run.version_id),
    }


_CHANGES: Mapping[type[BaseModel], Callable[[Any, Moved], dict[str, Any]]] = {
    PromptVersion: lambda version, moved: {"prompt_id": moved(version.prompt_id)},
    SavedRun: _links,
    Run: lambda run, moved: {"links": run.links.model_copy(update=_links(run.links, moved))},
    LlmBlueprint: lambda blueprint, moved: {"prompt_version_id": moved(blueprint.prompt_version_id)},
    Benchmark: _benchmark,
    BenchmarkRun: _benchmark_run,
}
