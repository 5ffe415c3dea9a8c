"""The path that takes other tools' files."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import Query, Request
from pydantic import Field

from functions.benchmarks.answers import DatasetAnswer, DatasetVersionAnswer
from functions.benchmarks.paths import BENCHMARKS
from promptyard.api.answers.benchmarks import BenchmarkAnswer, BenchmarkRunAnswer
from promptyard.api.app import group_router
from promptyard.api.auth.authentication import FileRoute, Member
from promptyard.api.requests import WireRequest
from promptyard.bootstrap.services import Imports
from promptyard.domain.deferred import DeferredModel

if TYPE_CHECKING:
    from promptyard.services.benchmarks.imports import TakenIn

router = group_router("benchmarks", FileRoute)

_TEXT = {"schema": {"type": "string"}}
_FILES: dict[str, Any] = {
    "application/yaml": _TEXT,
    "application/x-ndjson": _TEXT,
    "application/json": {"schema": {"anyOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}]}},
}


class ImportQuery(WireRequest):
    """Whose file it is. `judge` scores what a config names no model for, as `provider/model`. With `skip_unsupported`
    what cannot be taken is left out, and named in the answer."""

    format: Literal["promptfoo", "openai-evals"] = "promptfoo"
    """Whose file it is: `promptfoo`, or `openai-evals`."""
    name: str | None = Field(None, min_length=1, max_length=256)
    """What the dataset and the benchmark are called, at most 256 characters. Without it the file says."""
    judge: str | None = Field(None, min_length=1, max_length=256)
    """The model that scores what a config names no model for, as `provider/model`."""
    skip_unsupported: bool = False
    """Whether what cannot be taken is left out and named in the answer. Without it the file is refused."""


ImportOf = Annotated[ImportQuery, Query()]


class LeftOutAnswer(DeferredModel):
    """What was not taken, and why."""

    file: str
    """The file's name."""
    line: int
    """The number of the line in the file, from 1."""
    name: str
    """What was not taken."""
    reason: str
    """Why it was not taken, in a sentence."""


class ImportAnswer(DeferredModel):
    """What was made. `benchmark` is null where the file held rows alone, `run` where it held no results. It has a
    column for each run of theirs, and its report is there in a moment."""

    dataset: DatasetAnswer
    """The dataset that was made."""
    version: DatasetVersionAnswer
    """Its version, with the rows of the file."""
    benchmark: BenchmarkAnswer | None
    """The benchmark that was made. Null where the file held rows alone."""
    run: BenchmarkRunAnswer | None
    """A run with the file's results. Null where it held none."""
    left_out: list[LeftOutAnswer]
    """What was not taken."""
    notes: list[str]
    """What was taken, but not as it stands, in sentences."""

    @classmethod
    def of(cls, taken: "TakenIn") -> "ImportAnswer":
        return cls(
            dataset=DatasetAnswer.of(taken.dataset.model_copy(update={"latest_version": taken.version.number})),
            version=DatasetVersionAnswer.of(taken.version),
            benchmark=None if taken.benchmark is None else BenchmarkAnswer.of(taken.benchmark),
            run=None if taken.run is None else BenchmarkRunAnswer.of(taken.run),
            left_out=[
                LeftOutAnswer(file=one.file, line=one.line, name=one.name, reason=one.reason) for one in taken.left_out
            ],
            notes=list(taken.notes),
        )


@router.post(
    BENCHMARKS + "/import",
    status_code=201,
    openapi_extra={"requestBody": {"content": _FILES}},
    summary="Import a benchmark, or its rows",
)
async def import_benchmark(request: Request, query: ImportOf, caller: Member, imports: Imports) -> ImportAnswer:
    """The body is the file: a promptfoo config in YAML or JSON, or data or results of OpenAI's evals in JSON Lines. It
    is taken whole, or refused with a 422 whose `detail` names each thing that is not taken by its line. Keys are never
    imported; files that a config names are not here, and so refused. Several prompts become versions of one prompt,
    several runs of results the columns of one benchmark run."""
    data = await request.body()
    if query.format == "promptfoo":
        return ImportAnswer.of(
            await imports.promptfoo(
                caller, data, name=query.name, judge=query.judge, skip_unsupported=query.skip_unsupported
            )
        )
    return ImportAnswer.of(
        await imports.openai_evals(caller, data, name=query.name, skip_unsupported=query.skip_unsupported)
    )
