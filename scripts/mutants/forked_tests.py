"""Runs tests of a copy of the repository in forks of a process that has imported the libraries already, so that a run
takes hardly longer than its tests."""

import importlib
import math
import os
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence

import pytest

from scripts.repository_copy import RepositoryCopy, has_failed

_LIBRARIES = (
    "boto3", "botocore.session", "cryptography.x509", "faker", "fastapi", "httpx", "hypothesis.stateful",
    "jsonschema_rs", "jwt", "mcp", "moto", "openai", "pydantic", "pytest_asyncio.plugin", "uvicorn", "xdist.plugin",
)  # fmt: skip
# They are imported before pytest could see to their asserts.
_OPTIONS = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
_HANGS_AFTER, _HANGS_TIMES = 15, 20
"""Seconds, and times of what a test took before."""


class ForkedTests:
    """What the tests of `copy` say, each time anew."""

    def __init__(self, copy: RepositoryCopy) -> None:
        self.copy, self.said = copy, copy.folder / "said.txt"
        for name in _LIBRARIES:
            importlib.import_module(name)

    def failing(
        self, paths: Sequence[str], order: Mapping[str, float] | None = None, seconds: int = 600
    ) -> bool | None:
        """Whether a test of these files fails, the hard ones left out; where there is an `order`, those that it names
        alone are run, those that take the fewest seconds first. None where they were not over in that time, or one
        hangs. Raises RuntimeError where there are none, or pytest could not run them."""
        child = os.fork()
        if not child:
            self._run(paths, order, seconds)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            return None if os.WTERMSIG(status) == signal.SIGALRM else True
        code = os.WEXITSTATUS(status)
        # A change of what names them leaves none of those that were wanted.
        return not (code == pytest.ExitCode.NO_TESTS_COLLECTED and order) and has_failed(code, self.said.read_text())

    def _run(self, paths: Sequence[str], order: Mapping[str, float] | None, seconds: int) -> None:
        """In the fork, which ends here."""
        code = 70
        try:
            signal.alarm(seconds)
            os.chdir(self.copy.folder)
            os.environ |= self.copy.variables
            said = os.open(self.said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            for stream in (1, 2):
                os.dup2(said, stream)
            for name in [name for name in sys.modules if name.partition(".")[0] == "scripts"]:
                del sys.modules[name]  # the copy has its own
            sys.path[:0] = self.copy.paths
            plugins = [] if order is None else [_Ordered(order)]
            code = int(pytest.main([*self.copy.OPTIONS, *_OPTIONS, *paths], plugins))
        except BaseException:  # noqa: BLE001 - a fork does not go on with what its parent was at
            traceback.print_exc()
        finally:
            os._exit(code)


class _Ordered:
    def __init__(self, order: Mapping[str, float]) -> None:
        self.order = order

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        signal.alarm(math.ceil(_HANGS_AFTER + _HANGS_TIMES * self.order[item.nodeid]))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        chosen = [item for item in items if item.nodeid in self.order]
        items[:] = sorted(chosen, key=lambda item: self.order[item.nodeid])
