"""The wheel, as others use it: installed into an environment of theirs, in a stack of theirs."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from templates import Template

REPOSITORY = Path(__file__).parents[2]
[CLI] = re.findall('CLI = "(aws-cdk@[0-9.]+)"', (REPOSITORY / "infra" / "deploy.py").read_text())
EXAMPLE = REPOSITORY / "infra" / "examples" / "embedded.py"
TWICE = """
import sys

from aws_cdk import App, Stack

from promptyard_cdk import PromptyardApi, PromptyardApiProps

app = App(outdir=sys.argv[1])
stack = Stack(app, "Foreign")
first = PromptyardApi(stack, "First", PromptyardApiProps(groups=["run", "catalog"]))
second = PromptyardApi(stack, "Second", PromptyardApiProps(groups=["history"], stores=first.stores, monitoring=False))
assert second.tables == first.tables
app.synth()
"""


NOT_THEIRS = {"PYTHONPATH", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE"}
"""Of this environment's variables; the last would compile the CDK's modules anew at every run."""


def run(*command: str, directory: Path, environment: Mapping[str, str] | None = None) -> str:
    """What it writes to standard output. Without anything that this environment knows of the repository."""
    done = attempt(*command, directory=directory, environment=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def attempt(
    *command: str, directory: Path, environment: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    variables = {name: value for name, value in os.environ.items() if name not in NOT_THEIRS}
    return subprocess.run(
        command, cwd=directory, env={**variables, **(environment or {})}, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and what it asks for, in the pinned versions. Returns its Python.

    As with the layers, what is in uv's cache is not asked for again.
    """
    folder = tmp_path_factory.mktemp("foreign")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), directory=REPOSITORY)
    [wheel] = folder.glob("*.whl")
    uv = (sys.executable, "-m", "uv")
    run(*uv, "venv", "--python", sys.executable, str(folder / "venv"), directory=folder)
    python = folder / "venv" / "bin" / "python"
    pins = [f"--constraint={REPOSITORY / 'requirements' / name}" for name in ("infra.txt", "runtime.txt")]
    install = (*uv, "pip", "install", "--python", str(python), *pins, f"promptyard[cdk] @ {wheel.as_uri()}")
    if attempt(*install, "--offline", directory=folder).returncode != 0:
        run(*install, directory=folder)
    wheel.unlink()
    return python


def test_the_example_synthesises_with_the_wheel(foreign: Path, tmp_path: Path) -> None:
    shutil.copy(EXAMPLE, tmp_path / "stack.py")
    told = run(str(foreign), "stack.py", directory=tmp_path, environment={"CDK_OUTDIR": str(tmp_path / "out")})
    assert f"deploy Team --app {tmp_path / 'out'}" in told
    assert CLI in told
    template = Template.read(tmp_path / "out", "Team")
    assert template.document["Outputs"].keys() == {"PromptyardUrl", "RunsTable", "Alarms", "RunFunction"}
    theirs, scheduled = {"handler"}, {"sweeper", "retention"}
    assert template.functions().keys() == {"run", "compare", "prompts", "history"} | scheduled | theirs
    methods = template.of_type("AWS::ApiGateway::Method").values()
    assert {method["Properties"]["AuthorizationType"] for method in methods} == {"AWS_IAM", "NONE"}
    assert any("execute-api:Invoke" in json.dumps(policy) for policy in template.of_type("AWS::IAM::Policy").values())


def test_two_in_one_stack_are_the_same_each_time_with_all_their_code(foreign: Path, tmp_path: Path) -> None:
    (tmp_path / "twice.py").write_text(TWICE)
    for out in ("one", "two"):
        run(str(foreign), "twice.py", out, directory=tmp_path)
    one, two = ((tmp_path / out / "Foreign.template.json").read_text() for out in ("one", "two"))
    assert one == two
    assert len(Template(json.loads(one)).of_type("AWS::DynamoDB::Table")) == 6
    files = {
        path.relative_to(asset).as_posix(): path
        for asset in (tmp_path / "one").glob("asset.*")
        for path in asset.rglob("*")
        if path.is_file()
    }
    wanted = {
        "asgi-stream-runtime",
        "python/asgi_stream_runtime/__main__.py",
        "python/fastapi/__init__.py",
        "python/promptyard/aws/resources.json",
        "python/promptyard/domain/models/data/models.json",
        "functions/run/app.py",
        "functions/catalog/app.py",
        "functions/history/app.py",
    }
    assert wanted <= files.keys()
    assert files["asgi-stream-runtime"].stat().st_mode & 0o111 == 0o111
    assert not any(name.startswith(("python/boto3/", "functions/account/")) for name in files)
