"""What many kept runs cost: opening their data, and the memory that runs leave behind."""

import tempfile
from pathlib import Path

from tests.performance.bench.load import at_once
from tests.performance.bench.pace import Pace
from tests.performance.bench.processes import Unusable, promptyard
from tests.performance.bench.rows import CALLERS
from tests.performance.bench.subjects import PROMPTYARD, Subject
from tests.performance.store import filled_and_opened

AFTERWARDS = 100
"""Runs that a new server carries out before its memory is read: the first ones load what all need."""
SECONDS_A_RUN = 0.5
QUIET_SECONDS = 60


def opening_seconds(runs: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        aws, seconds = filled_and_opened(Path(folder), runs)
        aws.close()
        return seconds


def memory_left_by_runs(provider_url: str, folder: Path, runs: int) -> float | None:
    """MB that a server holds after so many runs, beyond what a new one on the same data does. Raises Unusable
    when one of them fails."""
    data = folder / "many"
    after = _memory_after(provider_url, folder, data, runs)
    again = _memory_after(provider_url, folder, data, AFTERWARDS)
    return None if after is None or again is None else after - again


def _memory_after(provider_url: str, folder: Path, data: Path, runs: int) -> float | None:
    with promptyard(provider_url, folder, data) as (server, key):
        request = Subject(PROMPTYARD, server, key).request(Pace(50), stream=False)
        outcomes, _ = at_once(server.address, request, runs, CALLERS, limit=runs * SECONDS_A_RUN)
        for outcome in outcomes:
            if outcome.failure is not None:
                raise Unusable(outcome.failure)
        server.wait_until_quiet(QUIET_SECONDS)
        return server.memory_mb()
