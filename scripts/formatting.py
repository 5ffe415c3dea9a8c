"""Source that a script makes, formatted as ours is."""

import subprocess
import sys
from pathlib import Path


def formatted(source: str, file: Path) -> str:
    """`file` is where it is going to stand."""
    for command in (["check", "--quiet", "--select", "I,RUF,UP037", "--fix-only"], ["format", "--quiet"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--stdin-filename", str(file), "-"]
        source = subprocess.run(ruff, input=source, capture_output=True, text=True, check=True).stdout
    return source
