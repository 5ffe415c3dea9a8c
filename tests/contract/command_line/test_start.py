"""How soon a command begins: what it imports, and when its first token is there. The times are printed by

`pytest -m hard -s tests/contract/command_line/test_start.py`
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.servers.server import RunningServer

HEAVY = (
    "asyncio",
    "fastapi",
    "httpx._main",
    "platformdirs.android",
    "promptyard",
    "promptyard_cli.client.wire",
    "pydantic",
    "rich",
)
RUNS_AND_TELLS = f"""
import sys
from promptyard_cli.main import exit_code
assert exit_code(["run", "-m", "demo/echo", "Hi"]) == 0
print([name for name in {HEAVY!r} if name in sys.modules])
"""
IMPORTS = """
import time
began = time.perf_counter()
import promptyard_cli.main, promptyard_cli.commands.run, promptyard_cli.client.synchronous.client, platformdirs
print((time.perf_counter() - began) * 1000)
"""
TIMES = 15
IMPORTS_MS, FIRST_TOKEN_MS = 150, 400


@pytest.fixture
def environment(server: RunningServer, tmp_path: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PROMPTYARD_URL": server.url}


def python(code: str, environment: dict[str, str]) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
    ).stdout


def test_a_run_imports_nothing_that_it_does_not_need(environment: dict[str, str]) -> None:
    assert python(RUNS_AND_TELLS, environment) == "Hi\n[]\n"


@pytest.mark.hard
@pytest.mark.alone
def test_the_imports_take_no_time(environment: dict[str, str]) -> None:
    """The best of some: what else the machine does only adds to it."""
    took = min(float(python(IMPORTS, environment)) for _ in range(TIMES))
    print(f"\nimports of a run: {took:.0f} ms")
    assert took <= IMPORTS_MS


@pytest.mark.hard
@pytest.mark.alone
def test_the_first_token_is_there_at_once(environment: dict[str, str]) -> None:
    took = sorted(first_token_ms(environment) for _ in range(TIMES))
    print(f"\nfirst token: {took[0]:.0f} ms at best, {took[TIMES // 2]:.0f} ms in the median")
    assert took[TIMES // 2] <= FIRST_TOKEN_MS


def first_token_ms(environment: dict[str, str]) -> float:
    """From the start of the process to the first byte of the answer."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "promptyard_cli", "run", "-m", "demo/writer", "hi"]
    with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        first = process.stdout.read(1)
        took = (time.perf_counter() - began) * 1000
        process.stdout.read()
    assert first
    return took
