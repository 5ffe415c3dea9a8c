"""The client."""

from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, Unpack, cast

from promptyard_cli.client.access import find_access
from promptyard_cli.client.lean_httpx import httpx
from promptyard_cli.client.requests import Asked, post, segment
from promptyard_cli.client.synchronous.benchmarks import Benchmarks, Datasets
from promptyard_cli.client.synchronous.http import Http
from promptyard_cli.client.synchronous.keys import Keys
from promptyard_cli.client.synchronous.prompts import Prompts
from promptyard_cli.client.synchronous.streams import PLAYGROUND, ComparisonStream, RunStream
from promptyard_cli.client.synchronous.telemetry import Telemetry
from promptyard_cli.client.synchronous.tenant import WholeTenant

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


class Client:
    """A server's API. Without `url` and `api_key` it is the one of PROMPTYARD_URL and PROMPTYARD_API_KEY, else of the
    profile, else the one on this machine. Answers are dicts, as the wire has them. What a request may hold is the
    wire's, too: docs/api.md. Raises BadAccess; each method raises ApiError, NotReachable."""

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        profile: str | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = Http(find_access(url, api_key, profile), transport)
        self.prompts = Prompts(self._http)
        self.datasets = Datasets(self._http)
        self.benchmarks = Benchmarks(self._http)
        self.keys = Keys(self._http)
        self.telemetry = Telemetry(self._http)
        self.tenant = WholeTenant(self._http)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def run(self, **fields: "Unpack[PromptRunRequest]") -> "RunAnswer":
        """A whole answer. Its connection may break and be made anew: the prompt is run once."""
        return self._http.ask(post(f"{PLAYGROUND}/run", {**fields, "stream": False}))

    def stream(self, **fields: "Unpack[PromptRunRequest]") -> RunStream:
        """The answer as it comes; asked for when its first event is. It is to be used as a context manager: what is
        left before its end is cancelled."""
        return RunStream(self._http, cast("dict[str, Any]", fields))

    def compare(self, **fields: "Unpack[CompareRequest]") -> "CompareAnswer":
        return self._http.ask(post(f"{PLAYGROUND}/compare", {**fields, "stream": False}))

    def stream_comparison(self, **fields: "Unpack[CompareRequest]") -> ComparisonStream:
        """All answers as they come, in one stream."""
        return ComparisonStream(self._http, cast("dict[str, Any]", fields))

    def cancel(self, run_id: str) -> "RunRecord":
        return self._http.ask(post(f"{PLAYGROUND}/runs/{segment(run_id)}/cancel"))

    def get_run(self, run_id: str) -> "RunRecord":
        return self._http.ask(Asked("GET", f"{PLAYGROUND}/runs/{segment(run_id)}"))

    def get_comparison(self, comparison_id: str) -> "ComparisonRecord":
        return self._http.ask(Asked("GET", f"{PLAYGROUND}/comparisons/{segment(comparison_id)}"))

    def history(self, *, limit: int | None = None, cursor: str | None = None, **filters: str) -> "HistoryPage":
        """Newest first. Filters: `provider`, `model`, `status`, `prompt_id`, `version_id`, `comparison_id`,
        `playground_id`, `from`, `to`."""
        return self._http.ask(Asked("GET", f"{PLAYGROUND}/history", {**filters, "limit": limit, "cursor": cursor}))

    def models(
        self,
        *,
        provider: str | None = None,
        search: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> "Models":
        params = {"provider": provider, "search": search, "limit": limit, "offset": offset}
        return self._http.ask(Asked("GET", "/api/v1/models", params))

    def providers(self) -> "Providers":
        """Each with what it lacks to be called."""
        return self._http.ask(Asked("GET", f"{PLAYGROUND}/providers"))

    def usage(self, month: str | None = None) -> "UsageAnswer":
        """`month` is like 2026-11; without it, this one."""
        return self._http.ask(Asked("GET", "/api/v1/usage", {"month": month}))
