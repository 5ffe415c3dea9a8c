"""AWS's own Lambda Runtime Interface Emulator, to run functions on as Lambda would run them.

It ships inside the wheel `aws-sam-cli`, which `requirements/emulator.txt` pins; only the emulator is taken from it,
once, into `.cache`. It buffers streamed answers, and two invocations at once crash it.
"""

import asyncio
import contextlib
import hashlib
import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.servers.child_process import ChildProcess, child_process

REPOSITORY = Path(__file__).parents[3]
REQUIREMENTS = REPOSITORY / "requirements" / "emulator.txt"
CACHE = REPOSITORY / ".cache" / "lambda-emulator"
ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
PATIENCE_SECONDS = 30
DELIMITER = bytes(8)


@dataclass(frozen=True)
class StreamedAnswer:
    """An answer in Lambda's HTTP integration form."""

    status: int
    headers: dict[str, str]
    cookies: list[str]
    body: bytes

    @classmethod
    def parse(cls, data: bytes) -> "StreamedAnswer":
        text, delimiter, body = data.partition(DELIMITER)
        assert delimiter, f"not a streamed HTTP answer: {data[:500]!r}"
        prelude = json.loads(text)
        return cls(prelude["statusCode"], prelude["headers"], prelude.get("cookies", []), body)


class LambdaEmulator:
    """One execution environment, not initialised before its first invocation."""

    def __init__(self, process: ChildProcess, address: str) -> None:
        self._process = process
        self._url = f"http://{address}/2015-03-31/functions/function/invocations"
        self._one_at_a_time = asyncio.Lock()

    @property
    def log(self) -> str:
        """What the emulator and the function have written so far."""
        return self._process.log

    async def logged(self, text: str) -> None:
        """Wait until the log holds the text."""
        await self._process.logged(text)

    async def invoke(self, event: Any) -> bytes:
        """Returns the answer's bytes: JSON from a buffered function or of an error, else see `stream`."""
        async with self._one_at_a_time, httpx.AsyncClient(trust_env=False, timeout=PATIENCE_SECONDS) as client:
            return (await client.post(self._url, json=event)).content

    async def stream(self, event: Any) -> StreamedAnswer:
        """Invoke a function that streams HTTP answers."""
        return StreamedAnswer.parse(await self.invoke(event))


@contextlib.asynccontextmanager
async def lambda_emulator(
    command: Sequence[str], *, handler: str, directory: Path, environment: Mapping[str, str], timeout_seconds: int = 30
) -> AsyncIterator[LambdaEmulator]:
    """Serve a function.

    `command` starts its runtime, `directory` is its task root, `environment` is added to the little that Lambda sets.
    """
    binary = await asyncio.to_thread(emulator_binary)
    address, runtime_address = _free_addresses(2)
    addresses = ["--runtime-interface-emulator-address", address, "--runtime-api-address", runtime_address]
    variables = {
        "PATH": os.environ["PATH"],
        "LAMBDA_TASK_ROOT": str(directory),
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(timeout_seconds),
        **environment,
    }
    async with child_process(
        [str(binary), *addresses, *command, handler], environment=variables, directory=directory
    ) as process:
        await _until_listening(address, process)
        yield LambdaEmulator(process, address)
        process.terminate()  # it kills the runtime, which a killed emulator would leave behind
        await process.exit_code()


def emulator_binary() -> Path:
    """The emulator for this machine, fetched if it is not there. Skips the test where there is none."""
    if sys.platform != "linux" or platform.machine() not in ARCHITECTURES:
        pytest.skip("AWS's Runtime Interface Emulator runs on Linux, on x86_64 and arm64")
    version = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    binary = CACHE / f"aws-lambda-rie-{ARCHITECTURES[platform.machine()]}-{version}"
    if not binary.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            _fetch(Path(folder)).replace(binary)  # at once: other test processes may be waiting for it, too
    return binary


def _fetch(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary", ":all:", "--require-hashes", "--requirement", str(REQUIREMENTS)]
    subprocess.run([*command, "--dest", str(folder)], check=True, stderr=subprocess.DEVNULL)
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        name = f"samcli/local/rapid/aws-lambda-rie-{ARCHITECTURES[platform.machine()]}"
        binary = Path(archive.extract(name, folder))
    binary.chmod(0o755)
    return binary


def _free_addresses(count: int) -> list[str]:
    """The emulator cannot be told to take any free port."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [f"127.0.0.1:{listening.getsockname()[1]}" for listening in sockets]


async def _until_listening(address: str, process: ChildProcess) -> None:
    host, port = address.split(":")
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            assert not process.has_ended, process.log
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection(host, int(port))
                writer.close()
                await writer.wait_closed()
                return
            await asyncio.sleep(0.02)
