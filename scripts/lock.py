"""Writes requirements/*.txt from pyproject.toml: each version pinned with its hashes, no index named."""

import subprocess
import sys
import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
DEV = "requirements/dev.txt"
# One version of everything: the narrower files follow the widest one.
FOLLOWING = ["pyproject.toml", "--constraint", DEV]
FILES = {
    DEV: ["pyproject.toml", "--extra", "local", "--group", "dev"],
    "requirements/local.txt": [*FOLLOWING, "--extra", "local", "--group", "build"],
    "requirements/runtime.txt": ["-", "--constraint", DEV],
    "requirements/streaming.txt": ["-", "--constraint", DEV],
    "requirements/web.txt": ["--constraint", DEV, "--group", "web"],
    "requirements/node.txt": ["--constraint", DEV, "--group", "node"],
    # Settings are judged at a synthesis by what judges them in the functions.
    "requirements/infra.txt": ["--constraint", "requirements/runtime.txt", "--group", "infra"],
    "requirements/checkov.txt": ["--group", "checkov"],
    "requirements/client.txt": ["--group", "client"],
    "requirements/audit.txt": ["--group", "audit"],
    "requirements/aws-cli.txt": ["--group", "aws-cli"],
    "requirements/schemathesis.txt": ["--group", "schemathesis"],
    # Beside the others: `make audit` is about what we choose, and these are as their makers pin them.
    "requirements/clients/python.txt": ["--group", "clients"],
    "requirements/clients/llama-index.txt": ["--group", "clients-llama-index"],
    "requirements/clients/aider.txt": ["--group", "clients-aider"],
}

EXTRAS = {"requirements/runtime.txt": "layer", "requirements/streaming.txt": "streaming"}
"""Of which extra a layer's file is made."""


def main() -> None:
    for file, what in FILES.items():
        command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", *what]
        command += ["--universal", "--python-version", "3.11", "--generate-hashes"]
        command += ["--no-emit-index-url", "--no-emit-find-links", "--custom-compile-command", "make lock"]
        command += ["--output-file", file]
        subprocess.run(command, cwd=REPOSITORY, input=extra(EXTRAS.get(file)), text=True, check=True)


def extra(name: str | None) -> str:
    """What a Lambda layer ships, for where `-` is read: an extra brings the project's own dependencies with it."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    return "" if name is None else "\n".join(project["optional-dependencies"][name])


if __name__ == "__main__":
    main()
