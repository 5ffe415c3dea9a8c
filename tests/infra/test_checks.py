"""What others' rules find in the template."""

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from aws_cdk import Validations
from cdk_nag import AwsSolutionsChecks, ServerlessChecks

import app
import snapshot
from whole_template import nested_files

ACCEPTED = {"Annotation::promptyard:noBytecode"}
"""It depends on the machine: see bundling."""


def findings(assembly: Path) -> set[tuple[str, str]]:
    """What cdk-nag has found that is not acknowledged: rules and where."""
    report = json.loads((assembly / "validation-report.json").read_text())
    return {
        (violation["ruleName"], construct["constructPath"])
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        for construct in violation["violatingConstructs"]
        if violation["ruleName"] not in ACCEPTED
    }


def test_cdk_nag_finds_nothing_that_is_not_acknowledged(assembly: Path) -> None:
    found = findings(assembly)
    planted = {found for found in found if found[1].startswith("Planted/")}
    assert {rule.split("-")[0] for rule, _ in planted} == {"AwsSolutions", "Serverless"}  # both packs have looked
    assert found == planted


def test_cdk_nag_finds_nothing_with_snapshots(tmp_path: Path) -> None:
    made = app.make_app({"snap_start": True, "groups": ["run", "catalog"]}, tmp_path)
    Validations.of(made).add_plugins(AwsSolutionsChecks(made), ServerlessChecks(made))
    with suppress(RuntimeError):  # the warning that is accepted
        made.synth()
    assert findings(tmp_path) == set()


def test_cfn_lint_finds_nothing(assembly: Path) -> None:
    # W3005: the CDK lets a function wait for its role's policy, and names the role beside it.
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--ignore-checks", "W3005", "--format", "parseable"]
    templates = [assembly / "Promptyard.template.json", *nested_files(assembly, "Promptyard.template.json")]
    done = subprocess.run([*command, *map(str, templates)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_snapshot_for_stand_ins_is_of_this_template(assembly: Path) -> None:
    template = json.loads((assembly / "Promptyard.template.json").read_text())
    assert snapshot.FILE.read_text() == snapshot.text(template), "run: make snapshots"
