"""Prints the oldest and the newest Python of this machine that the package promises to run on: a line each, with its
version and its path. Those on PATH are looked at, and pyenv's."""

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"
_NAME = re.compile(r"python3(\.[0-9]+)?")
_ASK = """
import sys
if sys.version_info.releaselevel == "final" and sys.prefix == sys.base_prefix:  # not an environment's own
    print(*sys.version_info[:3], sys.executable)
"""

Version = tuple[int, ...]


def main() -> None:
    found = versions(candidates(os.environ))
    promised = [version for version in found if version >= promise(PYPROJECT.read_text())]
    if not promised:
        sys.exit("There is no Python here that Promptyard runs on")
    for version in (min(promised), max(promised)):
        print(".".join(map(str, version)), found[version])


def promise(pyproject: str) -> Version:
    """The oldest version that is promised."""
    stated = re.search(r'^requires-python = ">=([0-9.]+)"$', pyproject, re.MULTILINE)
    assert stated, "pyproject.toml states no oldest Python"
    return tuple(map(int, stated[1].split(".")))


def candidates(environment: Mapping[str, str]) -> Iterator[Path]:
    """What may be a Python, by its name."""
    pyenv = Path(environment.get("PYENV_ROOT") or Path.home() / ".pyenv")
    folders = [Path(folder) for folder in environment.get("PATH", "").split(os.pathsep) if folder]
    for folder in [*folders, *sorted(pyenv.glob("versions/*/bin"))]:
        yield from sorted(path for path in folder.glob("python3*") if _NAME.fullmatch(path.name))


def versions(paths: Iterable[Path]) -> dict[Version, str]:
    """Those that run, by their version; of two that have the same, the first."""
    found: dict[Version, str] = {}
    for path in paths:
        asked = subprocess.run([path, "-c", _ASK], capture_output=True, text=True, check=False)  # a shim may refuse
        if asked.returncode == 0 and asked.stdout:
            *numbers, executable = asked.stdout.strip().split(" ", 3)
            found.setdefault(tuple(map(int, numbers)), executable)
    return found


if __name__ == "__main__":
    main()
