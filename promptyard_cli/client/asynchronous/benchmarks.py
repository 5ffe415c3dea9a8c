"""Datasets, and the benchmarks that run them."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Literal, Unpack, cast

from promptyard_cli.client.asynchronous.http import AsyncHttp
from promptyard_cli.client.errors import ApiError
from promptyard_cli.client.lean_httpx import httpx
from promptyard_cli.client.requests import LOST, Asked, not_reachable, pause_seconds, post, upload
from promptyard_cli.client.sse import SentEvents

if TYPE_CHECKING:
    from promptyard_cli.client.wire import (
        BenchmarkAnswer,
        BenchmarkChanges,
        BenchmarkDoneEvent,
        BenchmarkPageAnswer,
        BenchmarkProgressEvent,
        BenchmarkReport,
        BenchmarkRunAnswer,
        BenchmarkRunPageAnswer,
        DatasetAnswer,
        DatasetPageAnswer,
        DatasetVersionAnswer,
        DefinedBenchmark,
        ImportAnswer,
        NewBenchmarkRequest,
        RowPageAnswer,
        StartedAnswer,
    )

DATASETS, BENCHMARKS, RUNS = "/api/v1/datasets", "/api/v1/benchmarks", "/api/v1/benchmark-runs"
ATTEMPTS_WITHOUT_AN_EVENT = 10


class AsyncDatasets:
    """Each method raises ApiError, NotReachable."""

    def __init__(self, http: AsyncHttp) -> None:
        self._http = http

    async def list(self, *, limit: int | None = None, cursor: str | None = None) -> "DatasetPageAnswer":
        return await self._http.ask(Asked("GET", DATASETS, {"limit": limit, "cursor": cursor}))

    async def get(self, dataset_id: str) -> "DatasetAnswer":
        return await self._http.ask(Asked("GET", f"{DATASETS}/{dataset_id}"))

    async def create(
        self, name: str, *, description: str | None = None, playground_id: str | None = None
    ) -> "DatasetAnswer":
        body = {"name": name, "description": description, "playgroundId": playground_id}
        return await self._http.ask(post(DATASETS, {key: value for key, value in body.items() if value is not None}))

    async def add_version(
        self, dataset_id: str, content: bytes, *, format: str | None = None, map: dict[str, str] | None = None
    ) -> "DatasetVersionAnswer":
        """`content` is a file of JSON Lines, CSV or a JSON array; `map` says which of its fields is what."""
        params = {"format": format or "jsonl", "map": [f"{ours}={theirs}" for ours, theirs in (map or {}).items()]}
        return await self._http.ask(upload(f"{DATASETS}/{dataset_id}/versions", content, params, None))

    async def rows(
        self, dataset_id: str, *, version: int | None = None, limit: int | None = None, cursor: str | None = None
    ) -> "RowPageAnswer":
        params = {"version": version, "limit": limit, "cursor": cursor}
        return await self._http.ask(Asked("GET", f"{DATASETS}/{dataset_id}/rows", params))

    async def export(self, dataset_id: str, *, format: str = "jsonl", version: int | None = None) -> bytes:
        params = {"format": format, "version": version}
        return (await self._http.response(Asked("GET", f"{DATASETS}/{dataset_id}/export", params))).content

    async def delete(self, dataset_id: str) -> None:
        await self._http.ask(Asked("DELETE", f"{DATASETS}/{dataset_id}"))


class AsyncBenchmarks:
    """Each method raises ApiError, NotReachable."""

    def __init__(self, http: AsyncHttp) -> None:
        self._http = http

    async def list(self, *, limit: int | None = None, cursor: str | None = None) -> "BenchmarkPageAnswer":
        return await self._http.ask(Asked("GET", BENCHMARKS, {"limit": limit, "cursor": cursor}))

    async def get(self, benchmark_id: str) -> "BenchmarkAnswer":
        return await self._http.ask(Asked("GET", f"{BENCHMARKS}/{benchmark_id}"))

    async def create(self, **fields: "Unpack[NewBenchmarkRequest]") -> "DefinedBenchmark":
        return await self._http.ask(post(BENCHMARKS, fields))

    async def change(self, benchmark_id: str, **fields: "Unpack[BenchmarkChanges]") -> "DefinedBenchmark":
        return await self._http.ask(Asked("PATCH", f"{BENCHMARKS}/{benchmark_id}", body=fields))

    async def delete(self, benchmark_id: str) -> None:
        await self._http.ask(Asked("DELETE", f"{BENCHMARKS}/{benchmark_id}"))

    async def import_file(
        self,
        content: bytes,
        *,
        format: Literal["promptfoo", "openai-evals"],
        name: str | None = None,
        judge: str | None = None,
        skip_unsupported: bool = False,
    ) -> "ImportAnswer":
        """A dataset and a benchmark of a config of promptfoo's, or of evals of OpenAI's."""
        params = {"format": format, "name": name, "judge": judge, "skip_unsupported": skip_unsupported or None}
        media_type = "application/yaml" if format == "promptfoo" else "application/x-ndjson"
        return await self._http.ask(upload(f"{BENCHMARKS}/import", content, params, media_type))

    async def start(
        self, benchmark_id: str, *, version_id: str | None = None, request_id: str | None = None
    ) -> "StartedAnswer":
        """Spends money. The same `request_id` starts one run."""
        body = {"version_id": version_id, "request_id": request_id}
        return await self._http.ask(post(f"{BENCHMARKS}/{benchmark_id}/runs", body))

    async def run(self, run_id: str) -> "BenchmarkRunAnswer":
        return await self._http.ask(Asked("GET", f"{RUNS}/{run_id}"))

    async def runs(
        self, benchmark_id: str | None = None, *, limit: int | None = None, cursor: str | None = None
    ) -> "BenchmarkRunPageAnswer":
        """Newest first."""
        return await self._http.ask(
            Asked("GET", RUNS, {"benchmark_id": benchmark_id, "limit": limit, "cursor": cursor})
        )

    async def watch(self, run_id: str) -> "AsyncIterator[BenchmarkProgressEvent | BenchmarkDoneEvent]":
        """How far it is, from time to time; the last one has `done`."""
        failures = 0
        while True:
            lost: Exception | None = None
            try:
                async with self._http.stream(Asked("GET", f"{RUNS}/{run_id}/events")) as response:
                    reader = SentEvents()
                    async for data in response.aiter_raw():
                        for sent in reader.feed(data):
                            failures = 0
                            yield cast("Any", json.loads(sent.data))
                            if sent.name == "done":
                                return
            except httpx.TransportError as error:
                lost = error
            except ApiError as error:
                if error.status not in LOST:
                    raise
                lost = error
            failures += 1
            if failures == ATTEMPTS_WITHOUT_AN_EVENT or isinstance(lost, httpx.ConnectError):
                raise not_reachable(self._http.access, lost or httpx.RemoteProtocolError("no events"))
            await asyncio.sleep(pause_seconds(failures))

    async def report(self, run_id: str) -> "BenchmarkReport":
        return await self._http.ask(Asked("GET", f"{RUNS}/{run_id}/report", {"format": "json"}))

    async def report_page(self, run_id: str) -> str:
        """The report as a page of HTML."""
        return (await self._http.response(Asked("GET", f"{RUNS}/{run_id}/report", {"format": "html"}))).text

    async def results(self, run_id: str, *, format: Literal["jsonl", "csv"] = "jsonl") -> bytes:
        """Every cell."""
        return (await self._http.response(Asked("GET", f"{RUNS}/{run_id}/results", {"format": format}))).content

    async def cancel(self, run_id: str) -> "BenchmarkRunAnswer":
        return await self._http.ask(post(f"{RUNS}/{run_id}/cancel"))

    async def resume(self, run_id: str, *, budget_usd: float | None = None) -> "BenchmarkRunAnswer":
        """Run what is missing."""
        body = None if budget_usd is None else {"budget_usd": budget_usd}
        return await self._http.ask(post(f"{RUNS}/{run_id}/resume", body))
