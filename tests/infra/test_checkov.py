"""What checkov finds in the template. It has an environment of its own, and takes its time."""

import json
import subprocess
from pathlib import Path

import pytest

import app
from whole_template import nested_files

CHECKOV = Path(__file__).parents[2] / ".venv-checkov" / "bin" / "checkov"


@pytest.mark.hard
def test_checkov_finds_nothing_but_what_has_a_reason(assembly: Path) -> None:
    command = [str(CHECKOV), "--config-file", str(app.HERE / "checkov.yaml"), "--output", "json"]
    templates = [assembly / "Promptyard.template.json", *nested_files(assembly, "Promptyard.template.json")]
    passed = 0
    for template in templates:
        done = subprocess.run([*command, "--file", str(template)], capture_output=True, text=True, check=False)
        report = json.loads(done.stdout)
        failed = [(check["check_id"], check["resource"]) for check in report["results"]["failed_checks"]]
        assert (failed, done.returncode) == ([], 0)
        passed += report["summary"]["passed"]
    assert passed > 100
