"""The tests that `make mutants` asks: those that run a line, in a fork, in a copy of the repository."""

import json
import subprocess
import sys
from pathlib import Path

from scripts.repository_copy import REPOSITORY

MODULE = "def twice(a):\n    return a * 2\n\n\ndef half(a):\n    return a / 2\n"
TESTS = """from package.measured import half, twice

def test_twice(): assert twice(2) == 4

def test_half(): assert half(4) == 2
"""
PROGRAM = """
import json, sys
from pathlib import Path
from scripts.mutants.forked_tests import ForkedTests
from scripts.mutants.line_coverage import line_coverage
from scripts.repository_copy import RepositoryCopy

MODULE, TESTS = "layers/package/measured.py", "tests/test_measured.py"
copy = RepositoryCopy(Path(sys.argv[2]), Path(sys.argv[1]))
covered = line_coverage(copy, ["tests"])
forks = ForkedTests(copy)
said = {
    "of line 2": sorted(covered.tests_of(MODULE, range(2, 3))),
    "of both": sorted(covered.tests_of(MODULE, range(2, 7))),
    "timed": sorted(covered.seconds),
    "unchanged": forks.failing(["tests"]),
}
with copy.changed(MODULE, (copy.folder / MODULE).read_text().replace("* 2", "* 3")):
    said["changed"] = forks.failing(["tests"])
    said["the one that notices"] = forks.failing([TESTS], {f"{TESTS}::test_twice": 0.1})
    said["the one that does not"] = forks.failing([TESTS], {f"{TESTS}::test_half": 0.1})
with copy.changed(MODULE, (copy.folder / MODULE).read_text().replace("return a * 2", "while True: pass")):
    said["hangs"] = forks.failing(["tests"], seconds=2)
said["again"] = forks.failing(["tests"])
print(json.dumps(said))
"""


def test_the_tests_of_a_line_are_asked_each_time_anew(tmp_path: Path) -> None:
    package, tests = tmp_path / "repository" / "layers" / "package", tmp_path / "repository" / "tests"
    for folder, name, text in (
        (package, "measured.py", MODULE),
        (package, "__init__.py", ""),
        (tests, "test_measured.py", TESTS),
    ):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (tmp_path / "repository" / "pytest.ini").write_text("[pytest]\nmarkers = hard\n")
    arguments = [str(tmp_path / "repository"), str(tmp_path / "copy")]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    twice, half = "tests/test_measured.py::test_twice", "tests/test_measured.py::test_half"
    assert json.loads(done.stdout) == {
        "of line 2": [twice],
        "of both": [half, twice],
        "timed": [half, twice],
        "unchanged": False,
        "changed": True,
        "the one that notices": True,
        "the one that does not": False,
        "hangs": None,
        "again": False,
    }
