"""What a run costs a function: python -m tests.performance.first_run

`run` and `compare` are started as their packages, each with boto3 against dynalite, and asked for a first run of
`demo/echo`: from the start of the process to the first byte of the answer, with what a function loads while it starts
and without. Then further runs of the same process, one after another, on a provider that answers at once: the CPU until
the provider has the request, and in all, and the memory that the process has.
"""

import asyncio
import contextlib
import json
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.streaming_runtime.fake_runtime_api import FakeRuntimeApi, fake_runtime_api
from tests.support.aws.gateway_events import gateway_event
from tests.support.servers.child_process import ChildProcess, child_process
from tests.support.servers.deployed_account import Account, make_account, no_secrets
from tests.support.servers.dynalite_server import dynalite
from tests.support.servers.packages import Packages, make_packages

STARTS = 7
RUNS = 20
TOKENS = 20
PROMPT_BYTES = 200
UNWARMED = """
from contextlib import asynccontextmanager
from functions.{group}.app import app as handler


@asynccontextmanager
async def nothing(_):
    yield


handler.router.lifespan_context = nothing
"""
"""The same function, which loads nothing ahead."""
ECHO = {
    "run": ("run", {"model": "demo/echo", "prompt_text": "hi", "stream": True}),
    "compare": ("compare", {"prompt_text": "hi", "targets": [{"model": "demo/echo"}] * 2}),
}


@dataclass(slots=True)
class RunCpu:
    """Of runs after the first one, in a process that does nothing else. Milliseconds of CPU; bytes logged a run."""

    until_provider_ms: list[float] = field(default_factory=list)
    whole_ms: list[float] = field(default_factory=list)
    log_bytes: int = 0
    memory_mb: float = 0.0


@dataclass(frozen=True)
class Bench:
    packages: Packages
    account: Account
    unwarmed: Path

    @contextlib.asynccontextmanager
    async def process(
        self, api: FakeRuntimeApi, group: str, *, warmed: bool = True, **more: str
    ) -> AsyncIterator[ChildProcess]:
        handler = f"functions.{group}.app.handler" if warmed else f"unwarmed_{group}.handler"
        found = self.packages.environment(group)
        variables = {
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "AWS_LAMBDA_FUNCTION_NAME": group,
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "AWS_LAMBDA_LOG_LEVEL": "INFO",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
            "LAMBDA_TASK_ROOT": str(self.packages.task_root(group)),
            "_HANDLER": handler,
            **self.account.environment,
            **found,
            "PYTHONPATH": f"{self.unwarmed}:{found['PYTHONPATH']}",
            **more,
        }
        command = [*self.packages.command(group), handler]
        async with child_process(command, environment=variables, directory=self.packages.task_root(group)) as process:
            yield process

    def event(self, path: str, body: Any) -> Any:
        headers = {"Authorization": [f"Bearer {self.account.key}"], "Content-Type": ["application/json"]}
        return gateway_event("POST", f"/api/v1/playground/{path}", headers=headers, body=json.dumps(body).encode())


@contextlib.contextmanager
def bench(folder: Path) -> Iterator[Bench]:
    """All that the functions need, in a folder."""
    unwarmed = folder / "unwarmed"
    unwarmed.mkdir()
    for group in ECHO:
        (unwarmed / f"unwarmed_{group}.py").write_text(UNWARMED.format(group=group))
    with dynalite() as dynamodb_url, no_secrets() as secrets_url:
        yield Bench(make_packages(folder / "packages"), make_account(dynamodb_url, secrets_url), unwarmed)


async def first_run_ms(of: Bench, group: str, *, warmed: bool) -> float:
    async with fake_runtime_api() as api:
        answer = await api.invoke(of.event(*ECHO[group]))
        began = time.time_ns()
        async with of.process(api, group, warmed=warmed) as process:
            async with asyncio.timeout(60):
                await answer.done.wait()
            assert b"error" not in answer.raw, process.log + answer.raw.decode()
            return (answer.chunk_times_ns[0] - began) / 1e6


async def run_cpu(of: Bench, *, runs: int = RUNS, tokens: int = TOKENS, interval_ms: float = 0.0) -> RunCpu:
    """Of the group `run`. `interval_ms`: between the tokens; 0: all at once."""
    found = RunCpu()
    came: list[float] = []
    process: ChildProcess

    async def answer_provider(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                await reader.readexactly(int(head.partition(b"content-length:")[2].split(b"\r\n")[0]))
                came.append(process.cpu_ms())
                for piece in _answer(tokens):
                    writer.write(piece)
                    await asyncio.sleep(interval_ms / 1000)
        writer.close()

    async with await asyncio.start_server(answer_provider, "127.0.0.1", 0) as provider, fake_runtime_api() as api:
        port = provider.sockets[0].getsockname()[1]
        more = {"OPENAI_API_KEY": "sk-bench", "OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1"}
        body = {"provider": "openai", "model": "gpt-4o", "prompt_text": "x" * PROMPT_BYTES, "stream": True}
        async with of.process(api, "run", **more) as process:
            for number in range(runs + 3):
                answer = await api.invoke(of.event("run", body))
                logged, before = len(process.log), process.cpu_ms()
                if number == 0:
                    before = 0.0
                async with asyncio.timeout(60):
                    await answer.done.wait()
                assert b"event: done" in answer.raw, process.log + answer.raw.decode()
                after = await _quiet(process)
                if number >= 3:  # the first ones make connections and look things up
                    found.until_provider_ms.append(came[-1] - before)
                    found.whole_ms.append(after - before)
                    found.log_bytes = len(process.log) - logged
            found.memory_mb = process.memory_mb()
    return found


async def _quiet(process: ChildProcess) -> float:
    """The CPU that it has used when it has stopped using any."""
    before = process.cpu_ms()
    while True:
        await asyncio.sleep(0.1)
        now = process.cpu_ms()
        if now - before < 0.05:
            return now
        before = now


def _answer(tokens: int) -> list[bytes]:
    """In pieces: a token each, with what stands before the first and after the last one."""
    chunk = {"choices": [{"index": 0, "delta": {"content": " word"}, "finish_reason": None}]}
    last = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    usage = {"choices": [], "usage": {"prompt_tokens": 50, "completion_tokens": tokens, "total_tokens": 50 + tokens}}
    pieces = [f"data: {json.dumps(chunk)}\n\n".encode()] * tokens
    pieces[-1] += "".join(f"data: {json.dumps(end)}\n\n" for end in (last, usage)).encode() + b"data: [DONE]\n\n"
    size = sum(map(len, pieces))
    head = f"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {size}\r\n\r\n"
    return [head.encode() + pieces[0], *pieces[1:]]


async def measure_first_runs(of: Bench) -> dict[tuple[str, bool], list[float]]:
    """Milliseconds by group and whether it loads ahead."""
    times: dict[tuple[str, bool], list[float]] = {(group, warmed): [] for group in ECHO for warmed in (False, True)}
    for _ in range(STARTS):  # in turn, so that what else the machine does hits all alike
        for (group, warmed), found in times.items():
            found.append(await first_run_ms(of, group, warmed=warmed))
    return times


def table(times: dict[tuple[str, bool], list[float]]) -> list[str]:
    """The lines of a Markdown table."""
    lines = [
        f"From the start of the process to the first byte of a first run, medians of {STARTS} starts each, Python "
        f"{platform.python_version()} on {platform.machine()}.",
        "",
        "| function | loads while it starts, ms | loads when it is asked, ms |",
        "|---|---|---|",
    ]
    for group in ECHO:
        ahead, late = (statistics.median(times[group, warmed]) for warmed in (True, False))
        lines.append(f"| {group} | {ahead:.0f} | {late:.0f} |")
    return lines


def measured_table() -> list[str]:
    with tempfile.TemporaryDirectory() as name, bench(Path(name)) as of:
        return table(asyncio.run(measure_first_runs(of)))


def main(arguments: Sequence[str]) -> None:
    with tempfile.TemporaryDirectory() as name, bench(Path(name)) as of:
        if "--cpu" not in arguments:
            print("\n".join(table(asyncio.run(measure_first_runs(of)))))
        found = asyncio.run(run_cpu(of))
        before, whole = (statistics.median(of) for of in (found.until_provider_ms, found.whole_ms))
        print(f"CPU of a run: {before:.1f} ms until the provider has the request, {whole:.1f} ms in all")
        print(f"memory: {found.memory_mb:.0f} MB; logged: {found.log_bytes} bytes a run")


if __name__ == "__main__":
    main(sys.argv[1:])
