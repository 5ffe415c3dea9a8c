"""One number says which Promptyard it is."""

import json
import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import promptyard
from scripts import make_openapi

ROOT = Path(__file__).parents[2]


def test_the_wheel_the_document_and_the_changelog_say_the_same() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", promptyard.__version__)
    assert version("promptyard") == promptyard.__version__
    assert json.loads(make_openapi.FILE.read_text())["info"]["version"] == promptyard.__version__
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest is not None
    assert newest[1] == promptyard.__version__


def test_the_wheel_has_its_number_from_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["dynamic"] == ["version"]
    path = ROOT / project["tool"]["hatch"]["version"]["path"]
    assert path.samefile(promptyard.__file__)
