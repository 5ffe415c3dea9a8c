"""The wheel in an empty environment, without the repository: what `pip install promptyard` brings, and what
`promptyard[local]` does.

`pytest -m hard -s tests/contract/command_line/test_wheel.py` says how long the page takes.
"""

import os
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import httpx
import pytest

from scripts import vendor
from tests.support.servers.child_process import child_process

REPOSITORY = Path(__file__).parents[3]
PAGE_SECONDS = 15
UV = (sys.executable, "-m", "uv")
NOT_OURS = {"PYTHONPATH", "VIRTUAL_ENV"}

pytestmark = pytest.mark.hard


def done(*command: str | Path, cwd: Path) -> str:
    """What it printed."""
    environment = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
    process = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    vendor.main([])
    done(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=REPOSITORY)
    [wheel] = folder.glob("*.whl")
    return wheel


def installed(wheel: Path, extras: str, folder: Path) -> Path:
    """The environment's `promptyard`. What is in uv's cache is not asked for again."""
    done(*UV, "venv", "--python", sys.executable, folder / "venv", cwd=folder)
    pins = f"--constraint={REPOSITORY / 'requirements' / 'local.txt'}"
    install = (*UV, "pip", "install", "--python", folder / "venv", pins, f"promptyard{extras} @ {wheel.as_uri()}")
    done(*install, cwd=folder)
    return folder / "venv" / "bin" / "promptyard"


async def test_the_server_and_its_page(wheel: Path, tmp_path: Path) -> None:
    promptyard = installed(wheel, "[local]", tmp_path)
    environment = {"PATH": "/usr/bin:/bin", "PORT": "0", "HOME": str(tmp_path / "home")}
    for start in ("first", "warm"):
        began = time.monotonic()
        async with child_process([str(promptyard)], environment=environment, directory=tmp_path) as server:
            await server.logged("data ")
            found = re.search(r"http://127.0.0.1:\d+", server.log)
            assert found is not None
            async with httpx.AsyncClient(base_url=found[0], trust_env=False) as client:
                page = await client.get("/")
                took = time.monotonic() - began
                print(f"\n{start} start: the page after {took:.1f} s")
                assert page.status_code == 200
                folder = re.search(r"static/[^/]+/", page.text)
                assert folder is not None
                for name in vendor.FILES:
                    if name.endswith(".js"):
                        assert (await client.get(f"/{folder[0]}vendor/{name}")).status_code == 200, name
            given = {**environment, "PROMPTYARD_URL": found[0]}
            asked = [str(promptyard), "run", "-m", "demo/echo", "Hi"]
            async with child_process(asked, environment=given, directory=tmp_path) as run:
                assert await run.exit_code() == 0
                assert "Hi" in run.log
            assert str(tmp_path / "home") in server.log, "its data is not the user's"
            server.terminate()
            await server.exit_code()
    assert took < PAGE_SECONDS


def test_the_page_libraries_come_with_their_licences(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name.rpartition("/")[2] for name in archive.namelist() if "/static/vendor/" in name}
    assert held == {*vendor.FILES, vendor.VERSIONS}


def test_the_client_alone(wheel: Path, tmp_path: Path) -> None:
    promptyard = installed(wheel, "", tmp_path)
    packages = done(*UV, "pip", "list", "--python", tmp_path / "venv", cwd=tmp_path)
    assert not re.search(r"^(pydantic|fastapi|boto3|moto|aws)", packages, flags=re.MULTILINE)
    assert "demo/writer" in done(promptyard, "run", "--help", cwd=tmp_path)
    assert done(promptyard, "--version", cwd=tmp_path).startswith("promptyard, version")
    python = tmp_path / "venv" / "bin" / "python"
    assert done(python, "-c", "import promptyard; print(promptyard.Client.__name__)", cwd=tmp_path) == "Client\n"
    refused = subprocess.run([promptyard, "serve"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "pip install 'promptyard[local]'" in refused.stderr
