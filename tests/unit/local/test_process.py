"""`make run` as a process: what a person sees from its start to Ctrl-C."""

import os
import re
import subprocess
import sys
from pathlib import Path

import httpx

from tests.support.servers.child_process import child_process

ROOT = Path(__file__).parents[3]
EVERYWHERE = "0.0.0.0"


async def test_it_says_where_it_is_and_leaves_without_a_word() -> None:
    environment = {"PATH": os.environ["PATH"], "PORT": "0", "PROMPTYARD_DATA_DIR": ":memory:"}
    command = [sys.executable, "-m", "promptyard_local"]
    async with child_process(command, environment=environment, directory=ROOT) as server:
        await server.logged("in memory only")
        assert server.log.startswith("Promptyard   http://127.0.0.1:")
        told = server.log
        server.interrupt()
        assert await server.exit_code() == 0
        assert server.log == told


async def test_it_ends_with_a_sentence_where_it_cannot_start() -> None:
    command = [sys.executable, "-m", "promptyard_local"]
    environment = {"PATH": os.environ["PATH"], "PORT": "high"}
    async with child_process(command, environment=environment, directory=ROOT) as server:
        assert await server.exit_code() == 1
        assert server.log == "promptyard: PORT: high is not a port\n"


async def test_it_is_not_open_to_others() -> None:
    command = [sys.executable, "-m", "promptyard_local"]
    environment = {"PATH": os.environ["PATH"], "PORT": "0", "PROMPTYARD_HOST": EVERYWHERE}
    async with child_process(command, environment=environment, directory=ROOT) as server:
        assert await server.exit_code() == 1
        assert server.log.startswith("promptyard: PROMPTYARD_HOST: others reach 0.0.0.0, ")
        assert server.log.endswith("set PROMPTYARD_AUTH=required\n")


async def test_with_keys_it_is_there_for_others() -> None:
    command = [sys.executable, "-m", "promptyard_local"]
    environment = {"PATH": os.environ["PATH"], "PORT": "0", "PROMPTYARD_HOST": EVERYWHERE}
    environment |= {"PROMPTYARD_AUTH": "required", "PROMPTYARD_DATA_DIR": ":memory:"}
    async with child_process(command, environment=environment, directory=ROOT) as server:
        await server.logged("in memory only")
        found = re.search(r"http://0\.0\.0\.0:(\d+) ", server.log)
        assert found
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{found[1]}") as client:
            assert (await client.get("/health")).status_code == 200
            assert (await client.get("/api/v1/prompts")).status_code == 401


async def test_who_ends_make_ends_the_server(tmp_path: Path) -> None:
    """With the recipe's own line, and without what comes before it."""
    dry = ["make", "--dry-run", f"--old-file={sys.prefix}/.local", "run", "PORT=0", f"VENV={sys.prefix}"]
    environment = {"PATH": os.environ["PATH"], "PROMPTYARD_DATA_DIR": ":memory:"}  # of no make that runs the tests
    said = subprocess.run(dry, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout
    (tmp_path / "Makefile").write_text(f"run:\n\t@{said.splitlines()[-1]}\n")
    async with child_process(["make", "run"], environment=environment, directory=tmp_path) as make:
        await make.logged("in memory only")
        make.terminate()
        await make.exit_code()  # which is told when nobody is left who could write


BLIND = """
import dataclasses, runpy
from promptyard.domain.runs.metrics.pii import scan
scan.PATTERNS = tuple(
    dataclasses.replace(row, shape="(?!)") if row.kind == "iban" else row for row in scan.PATTERNS
)
runpy.run_module("promptyard_local", run_name="__main__")
"""


async def test_it_does_not_start_where_its_guards_would_let_pass_what_they_are_to_stop() -> None:
    environment = {"PATH": os.environ["PATH"], "PORT": "0", "PROMPTYARD_DATA_DIR": ":memory:"}
    async with child_process([sys.executable, "-c", BLIND], environment=environment, directory=ROOT) as server:
        assert await server.exit_code() == 1
        logged, sentence = server.log.splitlines()
        assert "guards refused" in logged
        assert sentence == "promptyard: Guards do not work here: known personal data are not found (iban)"
