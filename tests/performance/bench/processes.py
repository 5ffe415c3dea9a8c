"""The provider, the relay and Promptyard, each in a process of its own, started as a user would start it; and what
such a process uses."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
START_SECONDS = 60
DEADLINE_SECONDS = 300
STOP_SECONDS = 10
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")
_TICKS = os.sysconf("SC_CLK_TCK")
PROVIDER_KEY = "sk-bench"


class Unusable(Exception):
    """A process did not start, is gone, or does not answer as it should."""


@dataclass(frozen=True)
class Server:
    address: str
    process: subprocess.Popen[bytes]
    log: Path

    def check(self) -> None:
        """Raises Unusable."""
        if self.process.poll() is not None:
            raise Unusable(f"{self.log.stem} has ended: {self.log.read_text()[-2000:]}")

    def cpu_seconds(self) -> float | None:
        """Of all its threads, since its start. None where there is no /proc."""
        self.check()
        try:
            stat = Path(f"/proc/{self.process.pid}/stat").read_text()
        except OSError:
            return None
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def loop_seconds(self) -> float | None:
        """What its first thread, which has the loop, took of a processor. None where there is no /proc."""
        try:
            return int(Path(f"/proc/{self.process.pid}/schedstat").read_text().split()[0]) / 1e9
        except OSError:
            return None

    def memory_mb(self, *, peak: bool = False) -> float | None:
        """What of it is in memory, now or at most. None where there is no /proc."""
        self.check()
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            return None
        found = re.search(r"VmHWM:\s+(\d+)" if peak else r"VmRSS:\s+(\d+)", status)
        return None if found is None else int(found[1]) / 1024

    def wait_until_quiet(self, seconds: float) -> None:
        """What it still does for the last measurement is no part of the next one."""
        deadline, before = time.monotonic() + seconds, self.cpu_seconds()
        while time.monotonic() < deadline:
            time.sleep(0.2)
            now = self.cpu_seconds()
            if now is None or before is None or now - before < 0.02:
                return
            before = now


@contextmanager
def provider(folder: Path) -> Iterator[Server]:
    with started("provider", [sys.executable, "-m", "tests.performance.bench.provider"], {}, folder) as server:
        yield server


@contextmanager
def relay(provider_url: str, folder: Path, *, bare: bool) -> Iterator[Server]:
    """`bare`: as `pip install uvicorn` has it, whatever else is installed here; else with uvloop and httptools where
    they are."""
    command = [sys.executable, "-m", "uvicorn", "tests.performance.bench.relay:app", "--port", "0", "--no-access-log"]
    command += ["--loop", "asyncio", "--http", "h11"] if bare else []
    with started("relay", command, {"PROVIDER_URL": provider_url}, folder) as server:
        yield server


@contextmanager
def promptyard(provider_url: str, folder: Path, data: Path) -> Iterator[tuple[Server, str]]:
    """Its data on disk, with keys and quotas. Gives the server and a tenant's key."""
    with operated(provider_url, folder, data) as (server, operator_key):
        yield server, tenant_key(server.address, operator_key)


@contextmanager
def operated(
    provider_url: str, folder: Path, data: Path, deadline_seconds: int = DEADLINE_SECONDS
) -> Iterator[tuple[Server, str]]:
    """The same with the operator's key, and no tenant. `deadline_seconds`: of a run."""
    variables = {
        "PORT": "0",
        "PROMPTYARD_DATA_DIR": str(data),
        "PROMPTYARD_AUTH": "required",
        "PROMPTYARD_LOG_LEVEL": "ERROR",
        "PROMPTYARD_RUN_DEADLINE_SECONDS": str(deadline_seconds),
        "OPENAI_API_KEY": PROVIDER_KEY,
        "OPENAI_BASE_URL": f"{provider_url}/v1",
    }
    make_key = [sys.executable, "-m", "promptyard_local.admin", "make-operator-key"]
    made = subprocess.run(
        make_key,
        check=False,
        env=_environment(variables),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
    )
    if made.returncode != 0:
        raise Unusable(made.stderr)
    with started("promptyard", [sys.executable, "-m", "promptyard_local"], variables, folder) as server:
        yield server, made.stdout.strip()


def tenant_key(address: str, operator_key: str, name: str = "Bench", requests_per_minute: int = 10**6) -> str:
    """The key of a new tenant."""
    quotas = {"tokens_per_month": 10**15, "usd_per_month": 10**9, "requests_per_minute": requests_per_minute}
    body = {"name": name, "quotas": quotas, "may_use_deployment_keys": True}
    headers = {"authorization": f"Bearer {operator_key}", "content-type": "application/json"}
    request = urllib.request.Request(f"{address}/api/v1/tenants", json.dumps(body).encode(), headers)
    without_proxies = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with without_proxies.open(request, timeout=START_SECONDS) as answer:
        key: str = json.load(answer)["admin_key"]["key"]
    return key


@contextmanager
def started(name: str, command: Sequence[str], variables: Mapping[str, str], folder: Path) -> Iterator[Server]:
    """Its output goes to a file: a pipe that nobody reads would stop it one day."""
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=_environment(variables), cwd=ROOT, stdin=subprocess.PIPE, stdout=output, stderr=output
        )
    try:
        yield Server(_address(process, log), process, log)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if found := _ADDRESS.search(log.read_text()):
            return found.group()
        if process.poll() is not None:
            break
        time.sleep(0.02)
    raise Unusable(f"{log.stem} did not start: {log.read_text()[-2000:]}")


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Nothing of the caller's own settings."""
    return {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", **variables}
