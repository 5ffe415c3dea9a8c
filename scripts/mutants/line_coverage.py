"""A plugin for pytest that writes which tests run which lines, and how long each takes."""

import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import coverage
import pytest

from scripts.repository_copy import RepositoryCopy

WRITTEN_TO = "LINE_COVERAGE"
"""The variable that names the file which is written."""


@dataclass(frozen=True, slots=True)
class LineCoverage:
    """`seconds` of each test by its id; `lines` of each file, by its path, with the tests that run them."""

    seconds: dict[str, float]
    lines: dict[str, dict[int, list[str]]]

    @classmethod
    def read(cls, path: Path) -> "LineCoverage":
        said = json.loads(path.read_text())
        lines = {file: {int(line): tests for line, tests in by.items()} for file, by in said["lines"].items()}
        return cls(said["seconds"], lines)

    def tests_of(self, file: str, lines: range) -> set[str]:
        """Those that run one of these lines of the file."""
        by_line = self.lines.get(file, {})
        return {test for line in lines for test in by_line.get(line, ())}


def line_coverage(copy: RepositoryCopy, tests: Sequence[str]) -> LineCoverage:
    """Of these tests, the hard ones left out. Raises RuntimeError where one fails."""
    to = copy.folder / "line_coverage.json"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *copy.OPTIONS, "-p", __name__, *tests],
        cwd=copy.folder,
        env=os.environ | copy.variables | {WRITTEN_TO: str(to)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"tests fail of what was not changed: {done.stdout}{done.stderr}")
    return LineCoverage.read(to)


class _Recorder:
    def __init__(self, folder: Path, to: Path) -> None:
        self.folder, self.to = folder, to
        self.seconds: dict[str, float] = {}
        self.coverage = coverage.Coverage(data_file=None, include=[f"{folder}/layers/*"], config_file=False)
        self.coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.coverage.switch_context(item.nodeid)
        started = time.perf_counter()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = time.perf_counter() - started
            self.coverage.switch_context("")

    def pytest_sessionfinish(self) -> None:
        self.coverage.stop()
        data = self.coverage.get_data()
        lines: dict[str, dict[int, list[str]]] = defaultdict(dict)
        for name in data.measured_files():
            file = str(Path(name).relative_to(self.folder))
            for line, tests in data.contexts_by_lineno(name).items():
                lines[file][line] = [test for test in tests if test]
        self.to.write_text(json.dumps({"seconds": self.seconds, "lines": lines}))


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(_Recorder(config.rootpath, Path(os.environ[WRITTEN_TO])))
