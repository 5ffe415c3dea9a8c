"""What checkov finds in the template. It has an environment of its own, and takes its time."""

import json
import subprocess
from pathlib import Path

import pytest

import app

CHECKOV = Path(__file__).parents[2] / ".venv-checkov" / "bin" / "checkov"


@pytest.mark.hard
def test_checkov_finds_nothing_but_what_has_a_reason(assembly: Path) -> None:
    command = [str(CHECKOV), "--config-file", str(app.HERE / "checkov.yaml"), "--output", "json"]
    done = subprocess.run(
        [*command, "--file", str(assembly / "Promptyard.template.json")], capture_output=True, text=True, check=False
    )
    report = json.loads(done.stdout)
    failed = [(check["check_id"], check["resource"]) for check in report["results"]["failed_checks"]]
    assert failed == []
    assert report["summary"]["passed"] > 100
    assert done.returncode == 0
