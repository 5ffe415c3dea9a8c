"""A copy of the repository whose code is changed while the tests look at it, so that nothing else sees the change."""

import compileall
import os
import py_compile
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "node_modules")
_MADE = {"cdk.out", "build", "dist", "mutants"}


class RepositoryCopy:
    """What is tracked of the repository, below `folder`."""

    OPTIONS = ("-q", "-x", "-m", "not hard", "-p", "no:cacheprovider")

    def __init__(self, folder: Path, repository: Path = REPOSITORY) -> None:
        self.folder = folder
        for path in sorted(repository.iterdir()):
            if path.name.startswith(".") or path.name in _MADE:
                continue
            if path.is_dir():
                shutil.copytree(path, folder / path.name, ignore=_LEFT_OUT)
            else:
                shutil.copy2(path, folder / path.name)
        # By hash: a change of a second ago may be of the same length.
        compileall.compile_dir(folder, quiet=2, invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)

    @contextmanager
    def changed(self, file: str, text: str) -> Iterator[None]:
        """With that text in the file's place."""
        path = self.folder / file
        before = path.read_text()
        path.write_text(text)
        try:
            yield
        finally:
            path.write_text(before)

    @property
    def paths(self) -> list[str]:
        """Where its modules are imported from."""
        return [str(self.folder / name) for name in ("", "layers", "infra")]

    @property
    def variables(self) -> dict[str, str]:
        """What is set where its tests run."""
        return {"PYTHONPATH": os.pathsep.join(self.paths), "PYTHONDONTWRITEBYTECODE": "1"}

    def failing(self, tests: Sequence[str], seconds: float = 600) -> bool | None:
        """Whether one of these tests fails, the hard ones left out; None where they were not over in that time. Raises
        RuntimeError where there are none, or pytest could not run them."""
        try:
            done = subprocess.run(
                [sys.executable, "-m", "pytest", *self.OPTIONS, *tests],
                cwd=self.folder,
                env=os.environ | self.variables,
                capture_output=True,
                text=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return None
        self.said = done.stdout
        return has_failed(done.returncode, done.stdout + done.stderr)


def has_failed(code: int, said: str) -> bool:
    """By what pytest ended with; what it said goes into the RuntimeError where it found no tests or did not run."""
    # 2 and 4: the change broke what tests import; 3: pytest itself, by our fixtures or an endless recursion.
    if code not in {0, 1, 2, 3, 4}:
        raise RuntimeError(f"pytest ended with {code}: {said}")
    return code != 0
