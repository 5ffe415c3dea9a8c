"""What a worker knows of the benchmark runs whose cells it works on: read once for many cells."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import TYPE_CHECKING, Generic, TypeVar

from promptyard.domain.benchmarks.benchmark import GOING_ON, BenchmarkRun
from promptyard.domain.benchmarks.datasets import Row
from promptyard.domain.errors import NotFound
from promptyard.services.ttl_cache import TtlCache

if TYPE_CHECKING:
    from promptyard.domain.benchmarks.datasets import DatasetVersion
    from promptyard.domain.prompts.prompt import PromptVersion
    from promptyard.services.ports.benchmarks import BenchmarkRunStore, DatasetStore
    from promptyard.services.prompts.registry import PromptService

STATUS_SECONDS = 1.0
"""How late a worker may learn that a run was cancelled."""
RUNS = 100
FULL_SECONDS = 0.1
"""How long a run is taken to have no room for another cell, unless one ends here."""
WINDOW = 50
"""The rows that are read at a time."""
WINDOWS = 16
VERSIONS = 200

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class KnownRuns:
    """Runs, and what of them never changes: rows and prompt versions."""

    def __init__(self, runs: "BenchmarkRunStore", datasets: "DatasetStore", prompts: "PromptService") -> None:
        self._runs = runs
        self._datasets = datasets
        self._prompts = prompts
        self._known: TtlCache[tuple[str, str], BenchmarkRun] = TtlCache(STATUS_SECONDS, RUNS)
        self._full: TtlCache[str, bool] = TtlCache(FULL_SECONDS, RUNS)
        self._asked: dict[tuple[str, str], asyncio.Task[BenchmarkRun]] = {}
        self._versions: _Kept[tuple[str, str], PromptVersion] = _Kept(VERSIONS)
        self._datasets_read: _Kept[tuple[str, str, int], DatasetVersion] = _Kept(RUNS)
        self._windows: _Kept[tuple[str, str, int, int], list[Row]] = _Kept(WINDOWS)

    async def run(self, tenant: str, run_id: str) -> BenchmarkRun:
        """As it was at most STATUS_SECONDS ago; one that has ended is not remembered, for it may be resumed. Raises
        NotFound."""
        key = tenant, run_id
        known = self._known.get(key)
        if known is not None:
            return known
        asked = self._asked.get(key)
        if asked is None:
            asked = self._asked[key] = asyncio.create_task(self._read(key))
            asked.add_done_callback(lambda _: self._asked.pop(key, None))
        return await asyncio.shield(asked)

    async def _read(self, key: tuple[str, str]) -> BenchmarkRun:
        started = self._known.now()
        run = await self._runs.get(*key)
        if run.status in GOING_ON:
            self._known.put(key, run, started)
        return run

    def forget(self, run: BenchmarkRun) -> None:
        """It has changed."""
        self._known.drop((run.benchmark.tenant, run.id))

    def is_full(self, run: BenchmarkRun) -> bool:
        """Whether there was no room a moment ago: most of those that look for some are spared the look."""
        return self._full.get(run.id) is not None

    def note_full(self, run: BenchmarkRun) -> None:
        self._full.put(run.id, True, self._full.now())

    def note_room(self, run: BenchmarkRun) -> None:
        self._full.drop(run.id)

    async def row(self, run: BenchmarkRun, number: int) -> Row:
        """Raises NotFound where its dataset is gone."""
        tenant, dataset, version = run.benchmark.tenant, run.benchmark.dataset_id, run.dataset_version
        window, place = divmod(number - 1, WINDOW)

        async def read() -> list[Row]:
            known = await self._datasets_read.get(
                (tenant, dataset, version), lambda: self._datasets.version(tenant, dataset, version)
            )
            return await self._datasets.rows(tenant, known, window * WINDOW + 1, WINDOW)

        rows = await self._windows.get((tenant, dataset, version, window), read)
        if place >= len(rows):
            raise NotFound("The dataset has no such row")
        return rows[place]

    async def version(self, tenant: str, version_id: str) -> "PromptVersion":
        """Raises NotFound."""
        return await self._versions.get((tenant, version_id), lambda: self._prompts.version(tenant, version_id))


class _Kept(Generic[K, V]):
    """The last values that were asked for. Each is read once, however many ask at once."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._tasks: OrderedDict[K, asyncio.Task[V]] = OrderedDict()

    async def get(self, key: K, read: Callable[[], Awaitable[V]]) -> V:
        task = self._tasks.get(key)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = self._tasks[key] = asyncio.ensure_future(_awaited(read))
            while len(self._tasks) > self._size:
                self._tasks.popitem(last=False)
        self._tasks.move_to_end(key)
        return await asyncio.shield(task)


async def _awaited(read: Callable[[], Awaitable[V]]) -> V:
    return await read()
