"""The command line in the test's own process, against a server."""

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from promptyard_cli.client import access
from promptyard_cli.main import exit_code
from tests.support.servers.server import RunningServer


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    out: str
    err: str


CommandLine = Callable[..., Ended]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where profiles are kept, and what the command works in."""
    monkeypatch.setattr(access, "profiles_file", lambda: tmp_path / "config" / "profiles.toml")
    monkeypatch.chdir(tmp_path)
    for variable in access.VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


@pytest.fixture
def promptyard(
    server: RunningServer, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    """`promptyard *arguments`, with `given` on standard input, into pipes."""
    del home
    monkeypatch.setenv("PROMPTYARD_URL", server.url)

    def run(*arguments: str, given: str = "") -> Ended:
        monkeypatch.setattr(sys, "stdin", io.StringIO(given))
        capsys.readouterr()
        code = exit_code(list(arguments))
        told = capsys.readouterr()
        return Ended(code, told.out, told.err)

    return run
