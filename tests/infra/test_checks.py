"""What others' rules find in the template."""

import json
from pathlib import Path

from checkers import findings, linted, synthesise_with_cdk_nag

import app
import snapshot


def test_cdk_nag_finds_nothing_that_is_not_acknowledged(assembly: Path) -> None:
    found = findings(assembly)
    planted = {found for found in found if found[1].startswith("Planted/")}
    assert {rule.split("-")[0] for rule, _ in planted} == {"AwsSolutions", "Serverless"}  # both packs have looked
    assert found == planted


def test_cdk_nag_finds_nothing_with_snapshots(tmp_path: Path) -> None:
    synthesise_with_cdk_nag(app.make_app({"snap_start": True, "groups": ["run", "catalog"]}, tmp_path))
    assert findings(tmp_path) == set()


def test_cfn_lint_finds_nothing(assembly: Path) -> None:
    assert linted(assembly, "Promptyard") == ""


def test_the_snapshot_for_stand_ins_is_of_this_template(assembly: Path) -> None:
    template = json.loads((assembly / "Promptyard.template.json").read_text())
    assert snapshot.FILE.read_text() == snapshot.text(template), "run: make snapshots"
