"""The clients from npm that `make test-clients` has: `install` puts the versions of requirements/clients/npm into
.cache/clients, checked by the integrity that stands there; `lock` pins those of its package.json anew.

Of promptfoo's own optional packages none is pinned: they are 1.5 GB of other providers' SDKs and browsers.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from scripts.vendor import CACHE, REPOSITORY, npms

PACKAGES = REPOSITORY / "requirements" / "clients" / "npm"
FILES = ("package.json", "package-lock.json")
WITHOUT_OPTIONAL = "node_modules/promptfoo"
_QUIETLY = ("--ignore-scripts", "--no-audit", "--no-fund")
_LOCK = ("install", "--package-lock-only", "--omit-lockfile-registry-resolved", *_QUIETLY)


def main(arguments: list[str]) -> None:
    {"install": install, "lock": lock}[arguments[0]]()


def install() -> None:
    folder = CACHE / "clients"
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        shutil.copyfile(PACKAGES / name, folder / name)
    _npm("ci", *_QUIETLY, folder=folder)


def lock() -> None:
    with tempfile.TemporaryDirectory() as above:
        folder = Path(above) / PACKAGES.name  # which npm writes into the lock
        folder.mkdir()
        shutil.copyfile(PACKAGES / FILES[0], folder / FILES[0])
        _npm(*_LOCK, folder=folder)
        written = folder / FILES[1]
        found = json.loads(written.read_text())
        found["packages"][WITHOUT_OPTIONAL].pop("optionalDependencies", None)
        written.write_text(json.dumps(found))
        _npm(*_LOCK, folder=folder)  # leaves out what nobody asks for any more
        _write(json.loads(written.read_text()))


def _write(found: dict[str, Any]) -> None:
    for row in found["packages"].values():
        row.pop("funding", None)
    (PACKAGES / FILES[1]).write_text(json.dumps(found, indent=2) + "\n")


def _npm(*arguments: str, folder: Path) -> None:
    npm = next(npms(), None)
    if npm is None:
        sys.exit("There is no npm, and Node cannot be installed from PyPI")
    subprocess.run([*npm, *arguments], cwd=folder, check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
