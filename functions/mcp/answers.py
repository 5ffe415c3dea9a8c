"""The wire of MCP: what a message is answered with, and what tools tell that no other route does."""

from typing import Any, Literal

from pydantic import RootModel

from promptyard.api.answers.benchmarks import BenchmarkAnswer, BenchmarkRunAnswer
from promptyard.api.answers.fields import LeftOut, Timestamp, Usd
from promptyard.api.answers.prompts import PromptAnswer, VersionAnswer
from promptyard.api.answers.runs import Tokens
from promptyard.api.errors import ErrorBody
from promptyard.domain.benchmarks.evidence.report import BenchmarkReport
from promptyard.domain.deferred import DeferredModel
from promptyard.domain.runs.run import Run, RunStatus

MAX_SHOWN = 2_000
"""Characters of a run's output that a list shows: it is read by a model, which pays for each."""


class RpcErrorBody(DeferredModel):
    """`code` is JSON-RPC's, MCP's, or an HTTP status; `data.error` is the error as every other route tells it."""

    code: int
    """The error's code: JSON-RPC's, MCP's, or an HTTP status."""
    message: str
    """What is wrong, in a sentence."""
    data: LeftOut[dict[str, Any]] = None
    """The error as every other route tells it, under `error`. Left out where there is nothing more to say."""


class RpcError(DeferredModel):
    """`id` is the request's, and left out where none could be read."""

    jsonrpc: Literal["2.0"]
    """Always `2.0`."""
    id: LeftOut[str | int] = None
    """The request's id. Left out where none could be read."""
    error: RpcErrorBody
    """The error."""


class RpcResult(DeferredModel):
    jsonrpc: Literal["2.0"]
    """Always `2.0`."""
    id: str | int
    """The request's id."""
    result: dict[str, Any]
    """The method's result, as MCP has it."""


class RpcAnswers(RootModel[RpcResult | RpcError | list[RpcResult | RpcError]]):
    """To one message; to a batch, which one revision has, those of its messages."""


class PromptWithVersion(DeferredModel):
    """A prompt, and the version that was asked for: the newest where none was named, null where there is none yet."""

    prompt: PromptAnswer
    version: VersionAnswer | None


class RunSummary(DeferredModel):
    """A run in short. `output` is cut at 2,000 characters, and `cut` then says how many it has. `cost_usd` is in US
    dollars, durations in milliseconds; a number that is not known is null."""

    id: str
    status: RunStatus
    provider: str | None
    model: str | None
    output: str | None
    cut: LeftOut[int] = None
    error: ErrorBody | None
    tokens: Tokens | None
    cost_usd: Usd | None
    latency_ms: int | None
    ttft_ms: int | None
    endpoint: str
    prompt_id: str | None
    version_number: int | None
    comparison_id: str | None
    created_at: Timestamp

    @classmethod
    def of(cls, run: Run) -> "RunSummary":
        output = run.output
        return RunSummary(
            id=run.id,
            status=run.status,
            provider=run.provider or None,
            model=run.model or None,
            output=None if output is None else output[:MAX_SHOWN],
            cut=len(output) if output is not None and len(output) > MAX_SHOWN else None,
            error=ErrorBody.of(run.error) if run.error else None,
            tokens=Tokens.of(run.usage) if run.usage else None,
            cost_usd=run.cost_usd,
            latency_ms=run.latency_ms,
            ttft_ms=run.ttft_ms,
            endpoint=run.endpoint,
            prompt_id=run.links.prompt_id,
            version_number=run.links.version_number,
            comparison_id=run.links.comparison_id,
            created_at=run.created_at,
        )


class BenchmarksFound(DeferredModel):
    """One benchmark run with its report, null until it has ended; or one benchmark with its newest runs; or the newest
    benchmarks there are."""

    run: LeftOut[BenchmarkRunAnswer] = None
    report: LeftOut[BenchmarkReport] = None
    benchmark: LeftOut[BenchmarkAnswer] = None
    runs: LeftOut[list[BenchmarkRunAnswer]] = None
    benchmarks: LeftOut[list[BenchmarkAnswer]] = None
    next_cursor: LeftOut[str] = None
