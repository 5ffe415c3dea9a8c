"""The ids of prompts in an archive of another tenant. A prompt's id follows from its tenant and its name
(`domain.prompts.names`), so that it is another one here, and what names a prompt or a version has to name that one."""

from collections.abc import Mapping
from uuid import UUID

from pydantic import BaseModel

from promptyard.domain.benchmarks.benchmark import Benchmark, BenchmarkRun
from promptyard.domain.playgrounds.blueprints import LlmBlueprint
from promptyard.domain.prompts.names import MAX_VERSIONS
from promptyard.domain.prompts.prompt import PromptVersion
from promptyard.domain.runs.run import Run
from promptyard.domain.runs.saved_runs import SavedRun


class MovedPrompts:
    """`ids` are those here by those there; what is in none of them stays as it is."""

    def __init__(self, ids: Mapping[str, str]) -> None:
        self._ids = {UUID(there).int: UUID(here).int for there, here in ids.items() if there != here}

    def id(self, identifier: str | None) -> str | None:
        """Of a prompt or a version."""
        if identifier is None or not self._ids:
            return identifier
        try:
            value = UUID(identifier).int
        except ValueError:
            return identifier
        number = value & MAX_VERSIONS
        here = self._ids.get(value - number)
        return identifier if here is None else str(UUID(int=here | number))

    def placed(self, thing: BaseModel) -> BaseModel:
        """The thing with the ids that hold here."""
        if not self._ids:
            return thing
        match thing:
            case PromptVersion():
                return thing.model_copy(update={"prompt_id": self.id(thing.prompt_id)})
            case SavedRun():
                return thing.model_copy(
                    update={"prompt_id": self.id(thing.prompt_id), "version_id": self.id(thing.version_id)}
                )
            case Run():
                links = {"prompt_id": self.id(thing.links.prompt_id), "version_id": self.id(thing.links.version_id)}
                return thing.model_copy(update={"links": thing.links.model_copy(update=links)})
            case LlmBlueprint():
                return thing.model_copy(update={"prompt_version_id": self.id(thing.prompt_version_id)})
            case Benchmark():
                return self._benchmark(thing)
            case BenchmarkRun():
                columns = [
                    column.model_copy(update={"version_id": self.id(column.version_id)}) for column in thing.columns
                ]
                return thing.model_copy(
                    update={
                        "benchmark": self._benchmark(thing.benchmark),
                        "columns": columns,
                        "version_id": self.id(thing.version_id),
                    }
                )
        return thing

    def _benchmark(self, benchmark: Benchmark) -> Benchmark:
        watch = benchmark.watch
        if watch is not None:
            watch = watch.model_copy(update={"prompt_id": self.id(watch.prompt_id)})
        return benchmark.model_copy(
            update={
                "prompt_id": self.id(benchmark.prompt_id),
                "version_ids": [self.id(version_id) for version_id in benchmark.version_ids],
                "watch": watch,
            }
        )
