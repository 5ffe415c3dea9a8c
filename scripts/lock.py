"""Writes requirements/*.txt from pyproject.toml: each version pinned with its hashes, no index named."""

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
DEV = "requirements/dev.txt"
FILES = {DEV: ["--group", "dev"], "requirements/local.txt": ["--group", "local"], "requirements/runtime.txt": []}


def main() -> None:
    for file, groups in FILES.items():
        command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "pyproject.toml", *groups]
        command += ["--universal", "--python-version", "3.11", "--generate-hashes"]
        command += ["--no-emit-index-url", "--no-emit-find-links", "--custom-compile-command", "make lock"]
        if file != DEV:
            # One version of everything: the narrower files follow the widest one.
            command += ["--constraint", DEV]
        subprocess.run([*command, "--output-file", file], cwd=REPOSITORY, check=True)


if __name__ == "__main__":
    main()
