"""The client."""

from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, Unpack, cast

from promptyard_cli.client.access import find_access
from promptyard_cli.client.asynchronous.benchmarks import AsyncBenchmarks, AsyncDatasets
from promptyard_cli.client.asynchronous.http import AsyncHttp
from promptyard_cli.client.asynchronous.keys import AsyncKeys
from promptyard_cli.client.asynchronous.prompts import AsyncPrompts
from promptyard_cli.client.asynchronous.streams import PLAYGROUND, AsyncComparisonStream, AsyncRunStream
from promptyard_cli.client.asynchronous.telemetry import AsyncTelemetry
from promptyard_cli.client.asynchronous.tenant import AsyncWholeTenant
from promptyard_cli.client.lean_httpx import httpx
from promptyard_cli.client.requests import Asked, post, segment

if TYPE_CHECKING:
    from promptyard_cli.client.wire import (
        CompareAnswer,
        CompareRequest,
        ComparisonRecord,
        HistoryPage,
        Models,
        PromptRunRequest,
        Providers,
        RunAnswer,
        RunRecord,
        UsageAnswer,
    )


class AsyncClient:
    """A server's API. Without `url` and `api_key` it is the one of PROMPTYARD_URL and PROMPTYARD_API_KEY, else of the
    profile, else the one on this machine. Answers are dicts, as the wire has them. What a request may hold is the
    wire's, too: docs/api.md. Raises BadAccess; each method raises ApiError, NotReachable."""

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        profile: str | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._http = AsyncHttp(find_access(url, api_key, profile), transport)
        self.prompts = AsyncPrompts(self._http)
        self.datasets = AsyncDatasets(self._http)
        self.benchmarks = AsyncBenchmarks(self._http)
        self.keys = AsyncKeys(self._http)
        self.telemetry = AsyncTelemetry(self._http)
        self.tenant = AsyncWholeTenant(self._http)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.close()

    async def run(self, **fields: "Unpack[PromptRunRequest]") -> "RunAnswer":
        """A whole answer. Its connection may break and be made anew: the prompt is run once."""
        return await self._http.ask(post(f"{PLAYGROUND}/run", {**fields, "stream": False}))

    def stream(self, **fields: "Unpack[PromptRunRequest]") -> AsyncRunStream:
        """The answer as it comes; asked for when its first event is. It is to be used as a context manager: what is
        left before its end is cancelled."""
        return AsyncRunStream(self._http, cast("dict[str, Any]", fields))

    async def compare(self, **fields: "Unpack[CompareRequest]") -> "CompareAnswer":
        return await self._http.ask(post(f"{PLAYGROUND}/compare", {**fields, "stream": False}))

    def stream_comparison(self, **fields: "Unpack[CompareRequest]") -> AsyncComparisonStream:
        """All answers as they come, in one stream."""
        return AsyncComparisonStream(self._http, cast("dict[str, Any]", fields))

    async def cancel(self, run_id: str) -> "RunRecord":
        return await self._http.ask(post(f"{PLAYGROUND}/runs/{segment(run_id)}/cancel"))

    async def get_run(self, run_id: str) -> "RunRecord":
        return await self._http.ask(Asked("GET", f"{PLAYGROUND}/runs/{segment(run_id)}"))

    async def get_comparison(self, comparison_id: str) -> "ComparisonRecord":
        return await self._http.ask(Asked("GET", f"{PLAYGROUND}/comparisons/{segment(comparison_id)}"))

    async def history(self, *, limit: int | None = None, cursor: str | None = None, **filters: str) -> "HistoryPage":
        """Newest first. Filters: `provider`, `model`, `status`, `prompt_id`, `version_id`, `comparison_id`,
        `playground_id`, `from`, `to`."""
        return await self._http.ask(
            Asked("GET", f"{PLAYGROUND}/history", {**filters, "limit": limit, "cursor": cursor})
        )

    async def models(
        self,
        *,
        provider: str | None = None,
        search: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> "Models":
        params = {"provider": provider, "search": search, "limit": limit, "offset": offset}
        return await self._http.ask(Asked("GET", "/api/v1/models", params))

    async def providers(self) -> "Providers":
        """Each with what it lacks to be called."""
        return await self._http.ask(Asked("GET", f"{PLAYGROUND}/providers"))

    async def usage(self, month: str | None = None) -> "UsageAnswer":
        """`month` is like 2026-11; without it, this one."""
        return await self._http.ask(Asked("GET", "/api/v1/usage", {"month": month}))
