"""What others' rules find in the template."""

import json
import subprocess
import sys
from pathlib import Path

import snapshot

ACCEPTED = {"Annotation::promptyard:noBytecode"}
"""It depends on the machine: see bundling."""


def test_cdk_nag_finds_nothing_that_is_not_acknowledged(assembly: Path) -> None:
    report = json.loads((assembly / "validation-report.json").read_text())
    found = {
        (violation["ruleName"], construct["constructPath"])
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        for construct in violation["violatingConstructs"]
        if violation["ruleName"] not in ACCEPTED
    }
    planted = {found for found in found if found[1].startswith("Planted/")}
    assert {rule.split("-")[0] for rule, _ in planted} == {"AwsSolutions", "Serverless"}  # both packs have looked
    assert found == planted


def test_cfn_lint_finds_nothing(assembly: Path) -> None:
    # W3005: the CDK lets a function wait for its role's policy, and names the role beside it.
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--ignore-checks", "W3005", "--format", "parseable"]
    done = subprocess.run(
        [*command, str(assembly / "Promptyard.template.json")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_snapshot_for_stand_ins_is_of_this_template(assembly: Path) -> None:
    template = json.loads((assembly / "Promptyard.template.json").read_text())
    assert snapshot.FILE.read_text() == snapshot.text(template), "run: make snapshots"
