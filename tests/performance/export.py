"""What an export of the history takes: `python -m tests.performance.export [runs …]` (2,000 and 20,000).

The local server over real HTTP, each run with 4 KB of text. For each number of runs and each format: the file's size,
the time, and the peak of memory that Python allocated meanwhile, in the server, its embedded store and the client
together, beside what was there before.
"""

import sys
import time
import tracemalloc
from datetime import UTC, datetime, timedelta

import httpx

from promptyard.domain.models.messages import user_prompt
from promptyard_local.aws import open_aws
from tests.support.aws.local_aws import load_runs
from tests.support.samples.sample_runs import run_at, settled
from tests.support.servers.server import running_server

NUMBERS = (2_000, 20_000)
TEXT = "The quick brown fox jumps over the lazy dog. " * 45


def main() -> None:
    print(f"{'runs':>8} {'format':>7} {'MB':>8} {'seconds':>8} {'runs/s':>8} {'peak MB':>8}")
    for number in [int(argument) for argument in sys.argv[1:]] or NUMBERS:
        aws = open_aws({"PROMPTYARD_DATA_DIR": ":memory:"})
        try:
            start = datetime.now(UTC) - timedelta(seconds=number)
            runs = (run_at(start + timedelta(seconds=n), messages=user_prompt(TEXT)) for n in range(number))
            load_runs(aws, (settled(run, output=TEXT) for run in runs))
            with running_server(aws) as server:
                for export_format in ("jsonl", "csv"):
                    measure(server.client, export_format, number)
        finally:
            aws.close()


def measure(client: httpx.Client, export_format: str, number: int) -> None:
    started = time.perf_counter()
    size = export(client, export_format)
    seconds = time.perf_counter() - started
    tracemalloc.start()  # slows everything down: timed without
    export(client, export_format)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(
        f"{number:8,} {export_format:>7} {size / 1e6:8.1f} {seconds:8.1f} {number / seconds:8,.0f} {peak / 1e6:8.1f}",
        flush=True,
    )


def export(client: httpx.Client, export_format: str) -> int:
    with client.stream("GET", "/api/v1/playground/history/export", params={"format": export_format}) as response:
        return sum(len(chunk) for chunk in response.iter_raw())


if __name__ == "__main__":
    main()
