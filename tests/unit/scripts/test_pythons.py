"""Which Pythons of a machine the tests are run on."""

import sys
from pathlib import Path

import pytest

from scripts import pythons


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One that has nothing but what is put into it: a folder on PATH, and pyenv's."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/no/such/folder")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    return tmp_path


def put(path: Path, says: str, status: int = 0) -> None:
    """A program that says this when it is asked for its version."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\nexit {status}\n")
    path.chmod(0o755)


def test_the_oldest_that_is_promised_and_the_newest_are_told(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(machine / "bin/python3", "3 11 7 /usr/bin/python3")
    put(machine / "bin/python3.9", "3 9 18 /usr/bin/python3.9")
    put(machine / "bin/python3.11-config", "3 11 1 /usr/bin/python3.11-config")
    put(machine / "pyenv/versions/3.11.10/bin/python3", "3 11 10 /pyenv/3.11.10")
    put(machine / "pyenv/versions/3.11.2/bin/python3", "3 11 2 /pyenv/3.11.2")
    put(machine / "pyenv/versions/3.13.0/bin/python3.13", "3 13 0 /a folder/3.13.0")
    pythons.main()
    assert capsys.readouterr().out == "3.11.2 /pyenv/3.11.2\n3.13.0 /a folder/3.13.0\n"


def test_of_two_of_one_version_the_first_on_path_is_told(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(machine / "pyenv/versions/3.12.1/bin/python3", "3 12 1 /pyenv/3.12.1")
    put(machine / "bin/python3.12", "3 12 1 /usr/bin/python3.12")
    pythons.main()
    assert capsys.readouterr().out == "3.12.1 /usr/bin/python3.12\n" * 2


def test_what_does_not_run_or_is_an_environments_own_is_passed_over(machine: Path) -> None:
    put(machine / "bin/python3.12", "python3.12: command not found", status=127)
    put(machine / "bin/python3.13", "")
    with pytest.raises(SystemExit, match="no Python here"):
        pythons.main()


def test_a_real_one_says_what_it_is() -> None:
    base = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    assert list(pythons.versions([base])) == [sys.version_info[:3]]


def test_the_promise_is_the_packages() -> None:
    assert pythons.promise(pythons.PYPROJECT.read_text()) == (3, 11)
