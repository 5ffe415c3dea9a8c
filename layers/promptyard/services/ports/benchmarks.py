"""What keeps datasets, benchmarks and what they measured, as protocols. Every method raises StoreUnavailable when the
store does not answer."""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, Protocol

from pydantic import SecretStr

from promptyard.domain.paging import Page, PageRequest

if TYPE_CHECKING:
    from promptyard.domain.benchmarks.benchmark import (
        Benchmark,
        BenchmarkRun,
        BenchmarkStatus,
        CellResult,
        VersionVerdict,
        Watching,
    )
    from promptyard.domain.benchmarks.cells import CellClaim, CellProgress, CountedCell, RefusedCell
    from promptyard.domain.benchmarks.datasets import Dataset, DatasetUpload, DatasetVersion, Row
    from promptyard.domain.benchmarks.messages import Message
    from promptyard.domain.benchmarks.webhooks import WebhookDelivery


class DatasetStore(Protocol):
    async def add(self, dataset: "Dataset") -> None:
        """Raises Conflict when the id is taken."""

    async def page(self, tenant: str, request: PageRequest) -> "Page[Dataset]":
        """Newest first. Raises BadCursor."""

    async def change(self, tenant: str, dataset_id: str, changes: Mapping[str, str], at: datetime) -> None:
        """Set fields. Raises NotFound."""

    async def delete(self, tenant: str, dataset_id: str, at: datetime) -> None:
        """With its versions and their rows. May be repeated for a day. Raises NotFound."""

    async def get(self, tenant: str, dataset_id: str) -> "Dataset":
        """Raises NotFound."""

    async def add_version(self, tenant: str, version: "DatasetVersion") -> None:
        """Its rows are there. Raises Conflict when the number is taken, NotFound when its dataset is gone, and its rows
        with it."""

    async def versions(self, tenant: str, dataset_id: str, request: PageRequest) -> "Page[DatasetVersion]":
        """Newest first. Raises BadCursor."""

    async def version(self, tenant: str, dataset_id: str, number: int | None) -> "DatasetVersion":
        """The newest for None. Raises NotFound."""

    async def rows(self, tenant: str, version: "DatasetVersion", first: int, count: int) -> "list[Row]":
        """Rows by their numbers, in order, from `first` on: fewer than `count` at the end. Reads what holds them, no
        more."""

    async def rows_page(self, tenant: str, version: "DatasetVersion", request: PageRequest) -> "Page[Row]":
        """In order. Raises BadCursor."""

    def row_pages(self, tenant: str, version: "DatasetVersion") -> "AsyncGenerator[list[Row], None]":
        """All of them in order, as they are asked for."""

    async def put_rows(self, tenant: str, dataset_id: str, version_id: str, first: int, rows: Sequence[bytes]) -> None:
        """Keep rows, each as its JSON text, from that number on, for a version that is to be added."""

    async def drop_rows(self, tenant: str, dataset_id: str, version_id: str) -> None:
        """Of a version that is not added after all."""


class UploadStore(Protocol):
    """Files on their way to become versions."""

    async def put(self, tenant: str, upload: "DatasetUpload") -> None:
        """As it is now."""

    async def get(self, tenant: str, dataset_id: str, upload_id: str) -> "DatasetUpload":
        """Raises NotFound."""

    async def url(self, tenant: str, upload: "DatasetUpload", seconds: int) -> str:
        """Where its file may be PUT for so long, without more of a credential."""

    def key(self, tenant: str, upload: "DatasetUpload") -> str:
        """The name of its file, as events have it."""

    def pieces(self, tenant: str, upload: "DatasetUpload") -> "AsyncGenerator[bytes, None]":
        """The file. Raises NotFound."""

    async def drop(self, tenant: str, upload: "DatasetUpload") -> None:
        """Forget the file."""


class CellStore(Protocol):
    """What became of the cells of benchmark runs, by their numbers (`domain.benchmarks.cells.Cell`)."""

    async def add(self, run: "BenchmarkRun", number: int, result: "CellResult") -> bool:
        """Keep a cell's result; False where there is one, which stays."""

    async def result(self, run: "BenchmarkRun", number: int) -> "CellResult | None": ...

    async def count(self, run: "BenchmarkRun", number: int, result: "CellResult", spent_usd: Decimal) -> "CountedCell":
        """Count a cell that has a result, once, with what it cost and what its earlier attempts did."""

    async def counted(self, run: "BenchmarkRun", first: int, count: int) -> Collection[int]:
        """The numbers of the cells from `first` on that are counted."""

    async def all_counted(self, run: "BenchmarkRun") -> bool: ...

    async def progress(self, run: "BenchmarkRun") -> "CellProgress": ...

    def pages(self, tenant: str, benchmark_run_id: str) -> "AsyncGenerator[list[CellResult], None]":
        """All of them in that order, as they are asked for."""

    async def between(self, run: "BenchmarkRun", first: int, end: int) -> "list[CellResult]":
        """Those with numbers from `first` on, before `end`."""

    async def delete(self, tenant: str, benchmark_run_id: str) -> None:
        """All that is kept of its cells."""


class SlotStore(Protocol):
    """Who works on which cell of a benchmark run, and how far it is planned."""

    async def claim(
        self, run: "BenchmarkRun", number: int, claim: "CellClaim", provider: str
    ) -> "CellClaim | RefusedCell":
        """Take the cell, where there is room for it among those that go on, and in the budget for what it reserves.
        Where a worker had it that died, the claim that is returned has that one's run."""

    async def renew(self, run: "BenchmarkRun", number: int, claim: "CellClaim", run_id: str) -> bool:
        """Have another run answer the cell, under the same claim. False where it is somebody else's by now."""

    async def release(self, run: "BenchmarkRun", number: int, claim: "CellClaim", spent_usd: Decimal | None) -> None:
        """Give the cell back. It has cost that much; what it reserved where that is not known."""

    async def pause(self, run: "BenchmarkRun", provider: str, until: datetime) -> None:
        """No cell of that provider is to be claimed before."""

    async def going_on(self, run: "BenchmarkRun") -> Sequence[str]:
        """The ids of the runs of the cells that are claimed."""

    async def abandon(self, run: "BenchmarkRun") -> None:
        """Every worker that has a cell is gone."""

    async def plan(self, run: "BenchmarkRun", round_: int, first: int, until: datetime) -> float | None:
        """Take the planning from that cell on. None where that is done: somebody planned it, or it is of an earlier
        round; 0 where it is the caller's until then; else the seconds for which it is somebody else's."""

    async def planned(self, run: "BenchmarkRun", round_: int, first: int, following: int) -> None:
        """What was planned from `first` on is in the queue; the next is `following`."""

    async def plan_again(self, run: "BenchmarkRun") -> int:
        """Begin a new round; returns its number."""


class Queue(Protocol):
    """Carries messages to workers, at least once each."""

    async def send(self, messages: "Sequence[Message]", *, delay_seconds: int = 0) -> None:
        """At most 900 seconds of delay. Raises StoreUnavailable when any of them was not taken."""

    async def put_aside(self, text: str) -> None:
        """A message that cannot be worked on, as it stands in the queue, to where somebody looks at it."""


class BenchmarkStore(Protocol):
    async def add(self, benchmark: "Benchmark") -> None:
        """Raises Conflict when the id is taken, by whatever tenant."""

    async def get(self, tenant: str, benchmark_id: str) -> "Benchmark":
        """Raises NotFound."""

    async def tenant_of(self, benchmark_id: str) -> str:
        """Events name a benchmark by its id alone. Raises NotFound."""

    async def page(self, tenant: str, request: PageRequest) -> "Page[Benchmark]":
        """Newest first. Raises BadCursor."""

    async def replace(self, benchmark: "Benchmark", was: "Benchmark") -> None:
        """Put a changed benchmark in the place of what it was. Raises NotFound, and Conflict where somebody else has
        changed it since."""

    async def delete(self, tenant: str, benchmark_id: str, at: datetime) -> None:
        """May be repeated for a day. What it ran stays. Raises NotFound."""

    async def watching(self, tenant: str, watched_id: str) -> "list[Watching]":
        """What watches this prompt, or this dataset: a request where nothing does."""


class BenchmarkRunStore(Protocol):
    async def claim(self, tenant: str, benchmark_id: str, request_id: str, run_id: str) -> str:
        """The id of the run that was asked for by this request: the one given now, or the one of the first time."""

    async def add(self, run: "BenchmarkRun") -> None:
        """Raises Conflict when there is one with that id."""

    async def get(self, tenant: str, run_id: str) -> "BenchmarkRun":
        """Raises NotFound."""

    async def page(self, tenant: str, benchmark_id: str | None, request: PageRequest) -> "Page[BenchmarkRun]":
        """Newest first. Raises BadCursor."""

    async def change(
        self, tenant: str, run_id: str, changes: Mapping[str, Any], was: "Collection[BenchmarkStatus]"
    ) -> "BenchmarkRun":
        """Set fields of what is not known before it ends (`status`, `cells`, `cost_usd`, `passed`, `failed_gates`,
        `started_at`, `ended_at`, `error`), and `budget_usd`, if its status is one of `was`; None removes one. Returns
        the run as it is then. Raises NotFound, and Conflict where its status is another one."""

    def begun_before(self, tenant: str, before: datetime) -> "AsyncGenerator[BenchmarkRun, None]":
        """Oldest first."""

    async def delete(self, run: "BenchmarkRun") -> None:
        """The run alone, and not what it says of prompt versions. May be repeated."""

    async def note_verdict(self, tenant: str, benchmark_id: str, version_id: str, verdict: "VersionVerdict") -> None:
        """What has passed once, stays passed; else the newest run counts."""

    async def verdict(self, tenant: str, benchmark_id: str, version_id: str) -> "VersionVerdict | None": ...


class BenchmarkExecution(Protocol):
    """Carries benchmark runs out."""

    async def stop(self, run: "BenchmarkRun") -> None:
        """Ask what goes on of a run that was cancelled to stop."""

    async def resume(self, run: "BenchmarkRun") -> None:
        """Plan a run once more: what is missing of it."""


class UploadTaker(Protocol):
    async def take_upload(self, tenant: str, dataset_id: str, upload_id: str) -> "DatasetVersion | None":
        """Make what was uploaded a version of its dataset, once. None where nothing becomes of it."""


class DeliveryStore(Protocol):
    async def add(self, tenant: str, benchmark_id: str, delivery: "WebhookDelivery") -> None:
        """Keep it for thirty days."""

    async def page(self, tenant: str, benchmark_id: str, request: "PageRequest") -> "Page[WebhookDelivery]":
        """Newest first. Raises BadCursor."""


class WebhookPoster(Protocol):
    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """The status that is answered. Raises EndpointRefused for a URL that leads where none may, ProviderError where
        there is no answer."""


class WebhookSecrets(Protocol):
    """Every method raises StoreUnavailable when what is stored cannot be reached."""

    async def make(self, tenant: str, benchmark_id: str, url: str) -> SecretStr:
        """A new secret, in the place of the one that there was."""

    async def get(self, tenant: str, benchmark_id: str) -> SecretStr | None: ...

    async def remove(self, tenant: str, benchmark_id: str) -> None: ...


class EvidenceReader(Protocol):
    def results(self, tenant: str, benchmark_run_id: str) -> AsyncGenerator["list[CellResult]", None]:
        """In order, as they are asked for; none of a run that has not ended."""

    async def report(self, tenant: str, benchmark_run_id: str, kind: Literal["json", "html"]) -> bytes:
        """Raises NotFound."""
