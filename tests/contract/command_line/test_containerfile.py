"""The commands of the Containerfile in a fresh folder, where there is no engine: `/opt`, `/data` and the working folder
are folders of it, and nobody's in particular."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.servers.child_process import child_process

REPOSITORY = Path(__file__).parents[3]
LINES = (REPOSITORY / "Containerfile").read_text().splitlines()

pytestmark = pytest.mark.hard


def instructions() -> Iterator[tuple[str, str]]:
    for line in LINES:
        if line and not line.startswith("#"):
            word, _, rest = line.partition(" ")
            yield word, rest


def test_it_has_what_is_tried_here_and_no_more() -> None:
    known = {"FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "VOLUME", "EXPOSE", "CMD"}
    assert {word for word, _ in instructions()} == known
    [image] = [rest for word, rest in instructions() if word == "FROM"]
    assert re.fullmatch(r"docker\.io/library/python:3\.1[1-4]-slim", image)


async def test_its_commands_make_a_server_that_asks_for_keys(tmp_path: Path) -> None:
    build = (sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist"))
    subprocess.run(build, cwd=REPOSITORY, capture_output=True, check=True)
    app = tmp_path / "app"
    app.mkdir()
    environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(tmp_path)}

    def here(text: str) -> str:
        return text.replace("/opt/promptyard", f"{tmp_path}/opt").replace("/data", f"{tmp_path}/data")

    for word, rest in instructions():
        if word == "COPY":
            pattern, to = rest.split()
            root = tmp_path if pattern.startswith("dist/") else REPOSITORY
            for file in root.glob(pattern):
                target = app / (file.name if to == "." else to)
                target.parent.mkdir(exist_ok=True)
                shutil.copy(file, target)
        elif word == "RUN":
            command = re.sub(r" && chown .*", "", here(rest))
            subprocess.run(["sh", "-c", command], cwd=app, env=environment, capture_output=True, check=True)
        elif word == "ENV":
            environment |= dict(pair.split("=", 1) for pair in here(rest).split())
    [command] = [json.loads(here(rest)) for word, rest in instructions() if word == "CMD"]
    async with child_process(command, environment={**environment, "PORT": "0"}, directory=app) as server:
        await server.logged("data ")
        assert str(tmp_path / "data") in server.log
        found = re.search(r"http://0\.0\.0\.0:(\d+) ", server.log)
        assert found is not None
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{found[1]}", trust_env=False) as client:
            assert (await client.get("/health")).status_code == 200
            assert (await client.get("/api/v1/prompts")).status_code == 401
