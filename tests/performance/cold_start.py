"""How long each function takes from nothing to an answer: python -m tests.performance.cold_start [--write]

A process is started on the function's package, compiled for this machine, and answers `GET /health`; the clock stops
at the first byte of the answer, at the Runtime API. What it is compared with is a FastAPI application with this one
route behind Mangum, on the same layer of dependencies and in the same run. Then the same to the first byte of a first
run (first_run.py). `--write` puts the tables into infra/README.md.
"""

import asyncio
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.performance import first_run
from tests.streaming_runtime.events import rest_event
from tests.streaming_runtime.fake_runtime_api import fake_runtime_api
from tests.support.servers.child_process import child_process
from tests.support.servers.packages import GROUPS, REPOSITORY, WITH_ROUTES, Packages, make_packages

STARTS = 9
LIMITS = {"run": 2.0, "compare": 2.0, "openai": 2.0, "mcp": 2.0}
LIMIT = 1.25
"""How many times as long as the bare one; of those that load nothing of AWS's before they are asked for it."""
BARE = "bare FastAPI and Mangum"
README = REPOSITORY / "infra" / "README.md"
BEGIN, END = "<!-- cold starts -->\n", "<!-- end of cold starts -->"

BARE_HANDLER = """
from fastapi import FastAPI
from mangum import Mangum

app = FastAPI()


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


handler = Mangum(app, lifespan="off")
"""


@dataclass(frozen=True)
class Subject:
    name: str
    mode: str
    command: Sequence[str]
    handler: str
    directory: Path
    environment: dict[str, str]
    unzipped_bytes: int


def subjects(packages: Packages, folder: Path) -> list[Subject]:
    (folder / "bare.py").write_text(BARE_HANDLER)
    bare = Subject(
        name=BARE,
        mode="",
        command=packages.command("catalog"),
        handler="bare.handler",
        directory=folder,
        environment=packages.environment("catalog"),
        unzipped_bytes=_size([packages.layers("catalog")[0]]),
    )
    groups = [
        Subject(
            name=group,
            mode=row["mode"],
            command=packages.command(group),
            handler=f"functions.{group}.app.handler",
            directory=packages.task_root(group),
            environment=packages.environment(group),
            unzipped_bytes=_size([packages.task_root(group), *packages.layers(group)]),
        )
        for group, row in GROUPS.items()
        if group in WITH_ROUTES
    ]
    return [bare, *groups]


async def start_ms(subject: Subject) -> float:
    async with fake_runtime_api() as api:
        answer = await api.invoke(rest_event("/health"))
        environment = {
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "AWS_LAMBDA_FUNCTION_NAME": "cold",
            "LAMBDA_TASK_ROOT": str(subject.directory),
            "_HANDLER": subject.handler,
            **subject.environment,
        }
        command = [*subject.command, subject.handler]
        began = time.time_ns()
        async with child_process(command, environment=environment, directory=subject.directory) as process:
            async with asyncio.timeout(30):
                await answer.done.wait()
            assert b'"ok"' in answer.raw or b'\\"ok\\"' in answer.raw, process.log
            return (answer.chunk_times_ns[0] - began) / 1e6


async def measure() -> tuple[list[Subject], dict[str, list[float]]]:
    """The bare one and the groups, and the milliseconds of each start of each."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        packages = make_packages(folder / "packages")
        (folder / "bare").mkdir()
        measured = subjects(packages, folder / "bare")
        times: dict[str, list[float]] = {subject.name: [] for subject in measured}
        for _ in range(STARTS):  # in turn, so that what else the machine does hits all alike
            for subject in measured:
                times[subject.name].append(await start_ms(subject))
    return measured, times


def main(write: bool) -> int:
    lines, failed = table(*asyncio.run(measure()))
    lines += ["", *first_run.measured_table()]
    print("\n".join(lines))
    if write:
        before, _, rest = README.read_text().partition(BEGIN)
        README.write_text(before + BEGIN + "\n".join(lines) + "\n" + END + rest.partition(END)[2])
    return 1 if failed else 0


def table(measured: Sequence[Subject], times: dict[str, list[float]]) -> tuple[list[str], bool]:
    """The lines of a Markdown table, and whether a limit is overrun."""
    bare = statistics.median(times[BARE])
    lines = [
        f"Medians of {STARTS} starts each, Python {platform.python_version()} on {platform.machine()}.",
        "",
        "| function | mode | first byte, ms | times the bare one | at most | unzipped, MB |",
        "|---|---|---|---|---|---|",
    ]
    failed = False
    for subject in measured:
        median = statistics.median(times[subject.name])
        limit = None if subject.name == BARE else LIMITS.get(subject.name, LIMIT)
        failed = failed or (limit is not None and median / bare > limit)
        lines.append(
            f"| {subject.name} | {subject.mode} | {median:.0f} | {median / bare:.2f} | {limit or ''} "
            f"| {subject.unzipped_bytes / 1e6:.1f} |"
        )
    return lines, failed


def _size(folders: Sequence[Path]) -> int:
    return sum(file.stat().st_size for folder in folders for file in folder.rglob("*"))


if __name__ == "__main__":
    sys.exit(main("--write" in sys.argv[1:]))
