"""A client that a generator makes from the served /openapi.json, used as its reader would use it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from promptyard.domain.account.access import Role
from tests.support.doubles.tenancy import As, Tenancy

REPOSITORY = Path(__file__).parents[2]
REQUIREMENTS = REPOSITORY / "requirements" / "client.txt"
PROGRAM = Path(__file__).with_name("generated_client_program.py")
PACKAGE = "promptyard_client"
"""What the program imports."""
FILES = ("application/zip", "application/x-ndjson", "application/yaml", "text/csv")
"""Bodies that the generator is told to take as the bytes that they are: it knows JSON and forms."""


def done(*command: str | Path, cwd: Path) -> str:
    """What it printed."""
    process = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """Of an environment that has the generator, and what the clients need that it makes."""
    environment = tmp_path / "venv"
    uv = (sys.executable, "-m", "uv")
    done(*uv, "venv", "--quiet", "--python", sys.executable, environment, cwd=tmp_path)
    python = environment / "bin" / "python"
    install = ("pip", "install", "--quiet", "--require-hashes", "--python", python, "--requirement", REQUIREMENTS)
    done(*uv, *install, cwd=tmp_path)
    return python


def generate(python: Path, document: Any, folder: Path) -> None:
    """Fails for what the generator does not understand."""
    (folder / "openapi.json").write_text(json.dumps(document))
    files = dict.fromkeys(FILES, "application/octet-stream")
    settings = {"post_hooks": [], "content_type_overrides": files}
    (folder / "settings.json").write_text(json.dumps(settings))
    command = ["-m", "openapi_python_client", "generate", "--path", "openapi.json", "--config", "settings.json"]
    done(python, *command, "--meta", "none", "--output-path", PACKAGE, "--fail-on-warning", cwd=folder)


def test_a_generated_client_runs_reads_and_changes_one_thing(
    tenancy: Tenancy, operator: As, python: Path, tmp_path: Path
) -> None:
    generate(python, tenancy.client.get("/openapi.json").json(), tmp_path)
    quotas = {"tokens_per_month": 1_000_000, "usd_per_month": "12.5"}
    tenancy.make_tenant("full", quotas=quotas, max_output_tokens=500, retention_days=90, may_use_deployment_keys=True)
    before = operator.get("/api/v1/tenants/full")

    member = tenancy.key("full", Role.MEMBER)
    printed = done(python, PROGRAM, tenancy.server.url, member, operator.key, "full", cwd=tmp_path)

    told = json.loads(printed)
    assert told["output"] == "Hello"
    assert told["history"] == [told["run"]]
    assert operator.get("/api/v1/tenants/full") == before | {"retention_days": 30}
