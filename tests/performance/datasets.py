"""What reading a dataset takes: `python -m tests.performance.datasets [rows …]` (10,000 and 100,000).

Rows of 1 KB in each format, through the reader and into objects of 256 KB that are thrown away. For each: the file's
size, the processor's time, and the peak of memory that Python allocated meanwhile.
"""

import asyncio
import sys
import time
import tracemalloc
from collections.abc import AsyncIterator, Sequence

from promptyard.domain.benchmarks.datasets import DatasetFormat, DatasetVersion, FileForm
from promptyard.domain.errors import NotFound
from promptyard.domain.identifiers import time_ordered_id
from promptyard.services.benchmarks.dataset_versions import DatasetVersions

NUMBERS = (10_000, 100_000)
FORMATS: tuple[DatasetFormat, ...] = ("jsonl", "csv", "json")
TEXT = "x" * 960
PIECE = 64


class Discarding:
    """As much of a `DatasetStore` as reading a file asks of it. Keeps how many bytes it was given, and nothing else."""

    def __init__(self) -> None:
        self.bytes = 0

    async def version(self, tenant: str, dataset_id: str, number: int | None) -> DatasetVersion:
        raise NotFound("none")

    async def put_rows(self, tenant: str, dataset_id: str, version_id: str, first: int, rows: Sequence[bytes]) -> None:
        self.bytes += sum(len(row) for row in rows)

    async def add_version(self, tenant: str, version: DatasetVersion) -> None: ...


async def file_of(format_: DatasetFormat, rows: int) -> AsyncIterator[bytes]:
    """By the piece, as a request's body comes."""
    yield {"jsonl": b"", "csv": b"question,answer\n", "json": b"["}[format_]
    for start in range(0, rows, PIECE):
        numbers = range(start, min(start + PIECE, rows))
        if format_ == "csv":
            yield "".join(f'"{number}, {TEXT}",a{number}\n' for number in numbers).encode()
        else:
            comma = "," if format_ == "json" else ""
            lines = (f'{{"question": "{number}, {TEXT}", "answer": "a{number}"}}' for number in numbers)
            head = comma if start else ""
            yield (head + f"{comma}\n".join(lines) + ("\n" if not comma else "")).encode()
    yield b"]" if format_ == "json" else b""


async def read(format_: DatasetFormat, rows: int) -> DatasetVersion:
    versions = DatasetVersions(Discarding(), None, None)  # type: ignore[arg-type] # they are not asked
    writer = versions.writer("acme", time_ordered_id(), time_ordered_id())
    return await versions.read_file(writer, file_of(format_, rows), FileForm(format_), "me")


def peak_of(format_: DatasetFormat, rows: int) -> int:
    """Bytes that were allocated at once, beside what was there before."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        asyncio.run(read(format_, rows))
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def main() -> None:
    print(f"{'rows':>8} {'format':>7} {'MB':>8} {'seconds':>8} {'peak MB':>8}")
    for rows in [int(argument) for argument in sys.argv[1:]] or NUMBERS:
        for format_ in FORMATS:
            started = time.process_time()
            version = asyncio.run(read(format_, rows))
            seconds = time.process_time() - started
            peak = peak_of(format_, rows)
            print(f"{rows:8,} {format_:>7} {version.bytes / 1e6:8.1f} {seconds:8.1f} {peak / 1e6:8.2f}", flush=True)


if __name__ == "__main__":
    main()
