"""README's table of settings has every one that people set."""

import re

from promptyard.settings import Settings, variable_of
from tests.support.checks.pages import REPOSITORY

README = (REPOSITORY / "README.md").read_text()
THE_CONSTRUCTS = {"PROMPTYARD_SECRET_PREFIX", "PROMPTYARD_SECRETS_KEY", "PROMPTYARD_PROVIDER_SECRETS"}
"""Set by the construct alone, by its own properties: infra/README.md."""


def test_every_setting_stands_in_its_table() -> None:
    rows = [line for line in README.splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall("`([A-Z][A-Z0-9_]+)`", row.split(" | ")[0])}
    assert {variable_of(name) for name in Settings.model_fields} - named == THE_CONSTRUCTS


def test_a_clone_is_told_how_to_serve_and_how_to_test() -> None:
    lines = {line.partition("#")[0].strip() for line in README.splitlines()}
    assert {"make run", "make test"} <= lines
