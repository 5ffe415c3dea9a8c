"""What `make package` writes is what its manifest says, and all that another tool has to know."""

import hashlib
import json
import re
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest

import app
import package
from promptyard_cdk.groups import load_groups
from promptyard_cdk.routes import load_routes

GROUPS = ("run", "catalog", "benchmarks")
SETTINGS: dict[str, Any] = {"groups": list(GROUPS), "memory": {"run": 2048}, "retention_days": 30}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    (folder / "function-old.zip").write_text("of a time before")
    package.main(SETTINGS, folder)
    return folder


@pytest.fixture(scope="module")
def manifest(out: Path) -> Any:
    return json.loads((out / package.MANIFEST).read_text())


def names_in(file: Path) -> dict[str, int]:
    """The names in a zip file, and each one's mode."""
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        return {entry.filename: entry.external_attr >> 16 for entry in archive.infolist()}


def test_the_files_are_those_that_the_manifest_names(out: Path, manifest: Any) -> None:
    named = [*manifest["layers"].values(), *manifest["functions"].values()]
    assert {path.name for path in out.iterdir()} == {each["file"] for each in named} | {package.MANIFEST}
    for each in named:
        assert hashlib.sha256((out / each["file"]).read_bytes()).hexdigest() == each["sha256"]


def test_a_function_is_as_its_group_says_and_its_handler_is_in_its_file(out: Path, manifest: Any) -> None:
    groups = load_groups()
    assert manifest["functions"].keys() == {*GROUPS, "sweeper", "retention", "benchmark_worker"}
    for name, function in manifest["functions"].items():
        group = groups[name]
        assert function["handler"] == group.handler
        module = function["handler"].rpartition(".")[0].replace(".", "/")
        assert {f"{module}.py", "functions/__init__.py"} <= names_in(out / function["file"]).keys()
        assert function["memory_mb"] == (2048 if name == "run" else group.memory)
        assert (function["timeout_seconds"], function["mode"]) == (group.timeout, group.mode)
        assert function["every_minutes"] == group.every_minutes
        assert (function["runtime"], function["architectures"]) == ("python3.14", ["arm64"])
        assert function["layers"] == ["dependencies", "promptyard"] + (["streamingruntime"] if group.streams else [])
        wrapper = function["environment"].get("AWS_LAMBDA_EXEC_WRAPPER")
        assert wrapper == ("/opt/asgi-stream-runtime" if group.streams else None)
        routes = {(route["path"], route["method"]) for route in function["routes"]}
        assert {(route.path, route.method) for route in load_routes({name: group})} <= routes
    assert manifest["functions"]["retention"]["environment"]["PROMPTYARD_RETENTION_DAYS"] == "30"
    assert {"method": "GET", "path": "/openapi.json", "open": True} in manifest["functions"]["catalog"]["routes"]


def test_layers_hold_what_functions_start_with(out: Path, manifest: Any) -> None:
    held = {name: names_in(out / layer["file"]) for name, layer in manifest["layers"].items()}
    assert "python/promptyard/settings.py" in held["promptyard"]
    assert any(name.startswith("python/fastapi/") for name in held["dependencies"])
    assert held["streamingruntime"]["asgi-stream-runtime"] & stat.S_IXUSR


def test_what_is_referred_to_has_a_name_that_the_manifest_explains(manifest: Any) -> None:
    used = set(re.findall(r"\$\{([^}]*)\}", json.dumps({**manifest, "placeholders": {}})))
    assert {name.partition(".")[0] for name in used} == manifest["placeholders"].keys()
    assert manifest["placeholders"]["PROMPTYARD_RUNS_TABLE"] == "AWS::DynamoDB::Table"
    assert manifest["placeholders"]["PROMPTYARD_RUNS_BUCKET"] == "AWS::S3::Bucket"
    run = manifest["functions"]["run"]
    assert run["environment"]["PROMPTYARD_RUNS_TABLE"] == "${PROMPTYARD_RUNS_TABLE}"
    text = json.dumps(manifest)
    assert not re.search(r'"(Ref|Fn::\w+)":', text)
    assert not re.search(r"\$\{[^}]*[0-9A-F]{8}[.}]", text)


def test_a_function_may_do_what_its_group_does(manifest: Any) -> None:
    for name, function in manifest["functions"].items():
        allowed = {
            action
            for statement in function["statements"]
            for action in (statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]])
        }
        group = load_groups()[name]
        assert {f"dynamodb:{action}" for table in group.tables() for action in group.grants.get(table, ())} <= allowed
        assert all(statement["Effect"] == "Allow" for statement in function["statements"])


def test_the_same_makes_the_same(out: Path, tmp_path: Path) -> None:
    """So that a tool which goes by a file's hash deploys nothing twice."""
    again = package.main({"groups": ["catalog"]}, tmp_path)["functions"]["catalog"]
    first = json.loads((out / package.MANIFEST).read_text())["functions"]["catalog"]
    assert again["sha256"] == first["sha256"]


def test_tables_and_bucket_are_described(manifest: Any) -> None:
    there = manifest["tables_and_bucket"]
    assert len(there) == 7
    indexes = {index["IndexName"] for index in there["PROMPTYARD_RUNS_TABLE"]["Properties"]["GlobalSecondaryIndexes"]}
    assert {"by_prompt", "open"} <= indexes
    assert app.OUTPUT != package.OUT
