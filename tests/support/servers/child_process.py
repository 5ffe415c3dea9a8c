"""A child process whose output can be waited for."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

PATIENCE_SECONDS = 20


class ChildProcess:
    """`log`: what it has written to its standard output and error so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._grown = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())
        self.log = ""

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while data := await self._process.stdout.read(65_536):
            async with self._grown:
                self.log += data.decode(errors="replace")
                self._grown.notify_all()

    async def logged(self, text: str) -> None:
        """Wait until the log holds the text."""
        async with asyncio.timeout(PATIENCE_SECONDS), self._grown:
            await self._grown.wait_for(lambda: text in self.log)

    async def exit_code(self) -> int:
        """Wait for the end."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._reading
            return await self._process.wait()

    @property
    def has_ended(self) -> bool:
        return self._process.returncode is not None

    def cpu_ms(self) -> float:
        """Of all its threads that there are, since its start. On Linux."""
        tasks = Path(f"/proc/{self._process.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e6

    def memory_mb(self) -> float:
        """The most that of it was in memory. On Linux."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024

    def terminate(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()

    def interrupt(self) -> None:
        """What Ctrl-C does."""
        self._process.send_signal(signal.SIGINT)

    async def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._reading
        await self._process.wait()


@contextlib.asynccontextmanager
async def child_process(
    command: Sequence[str], *, environment: Mapping[str, str], directory: Path
) -> AsyncIterator[ChildProcess]:
    """Start it in that directory, with that environment and nothing more; kill what is left of it."""
    process = await asyncio.create_subprocess_exec(
        *command,
        env=environment,
        cwd=directory,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    child = ChildProcess(process)
    try:
        yield child
    finally:
        await child.kill()
