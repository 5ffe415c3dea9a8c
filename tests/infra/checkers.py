"""What others' rules find in a template."""

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks, ServerlessChecks

from whole_template import nested_files

ACCEPTED = {"Annotation::promptyard:noBytecode", "Annotation::promptyard:importedKey"}
"""The one depends on the machine: see bundling. The other tells what an imported key has to allow."""


def synthesise_with_cdk_nag(made: App) -> None:
    Validations.of(made).add_plugins(AwsSolutionsChecks(made), ServerlessChecks(made))
    with suppress(RuntimeError):  # what is accepted, or found by `findings`
        made.synth()


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


def linted(assembly: Path, stack: str) -> str:
    """What cfn-lint finds in a stack's templates, by its rules and the schemas of CloudFormation's resources."""
    file = f"{stack}.template.json"
    # W3005: the CDK lets a function wait for its role's policy, and names the role beside it.
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--ignore-checks", "W3005", "--format", "parseable"]
    templates = [assembly / file, *nested_files(assembly, file)]
    done = subprocess.run([*command, *map(str, templates)], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr
