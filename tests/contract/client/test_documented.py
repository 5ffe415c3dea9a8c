"""What docs/client.md shows works as it stands."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.checks.pages import page
from tests.support.servers.server import RunningServer

EXAMPLES = [block.text for block in page("docs/client.md").blocks if block.language == "python"]


BETWEEN = "=" * 40


@pytest.fixture
def printed(server: RunningServer, tmp_path: Path) -> list[str]:
    """By each example, in their order, in one process."""
    environment = {"PROMPTYARD_URL": server.url, "HOME": str(tmp_path), "PYTHONWARNINGS": "error"}
    command = [sys.executable, "-c", f"\nprint('{BETWEEN}')\n".join(EXAMPLES)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.split(f"{BETWEEN}\n")


def test_every_example_works(printed: list[str]) -> None:
    whole, streamed, compared, with_asyncio, measured, refused = printed
    assert whole.startswith("You asked: “Explain event loops.”")
    assert streamed.rstrip().endswith("tokens")
    assert "1 Explain" in compared
    assert "2 failed: Model not found: nobody" in compared
    assert re.search(r"^0 took \d+ ms$", compared, flags=re.MULTILINE)
    assert with_asyncio.strip() in streamed
    assert measured.splitlines()[0] == "Why?"
    assert "2 of 2" in measured
    assert refused == "422 unknown_model model: Model not found: nobody\n"
