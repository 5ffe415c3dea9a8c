"""examples/prompt-regression, as it stands: from save to gated label, on the local server."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.servers.server import RunningServer

EXAMPLE = Path(__file__).parents[3] / "examples" / "prompt-regression"
LABEL = "/api/v1/prompts/examples%2Frepeat"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "prompts"))


def regress(server: RunningServer, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PROMPTYARD_URL": server.url,
        "PROMPTYARD_KEY": "",
        "PROMPTYARD_PATIENCE_SECONDS": "60",
    }
    command = [sys.executable, str(folder / "regress.py")]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def labelled(server: RunningServer) -> int:
    return int(server.client.get(LABEL).json()["labels"]["production"]["version_number"])


def test_the_label_moves_to_what_has_passed_and_is_held_back_from_what_has_not(
    server: RunningServer, folder: Path
) -> None:
    first = regress(server, folder)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "examples/repeat@production is version 1" in first.stdout
    assert labelled(server) == 1

    (folder / "prompt.txt").write_text("Say {{word}}")
    second = regress(server, folder)
    assert second.returncode == 1, second.stdout + second.stderr
    assert "held back by: " in second.stdout
    assert "exact_match" in second.stdout
    assert labelled(server) == 1

    # Rows that expect what the new prompt says, and the same version passes.
    rows = (folder / "rows.jsonl").read_text()
    (folder / "rows.jsonl").write_text(rows.replace('"reference": "', '"reference": "Say '))
    third = regress(server, folder)
    assert third.returncode == 0, third.stdout + third.stderr
    assert labelled(server) == 2
    again = regress(server, folder)
    assert again.returncode == 0, "what has passed stays passed"


def test_what_goes_wrong_is_said(server: RunningServer, folder: Path) -> None:
    (folder / "rows.jsonl").write_text("no JSON")
    wrong = regress(server, folder)
    assert wrong.returncode == 2
    assert "could not: " in wrong.stderr
