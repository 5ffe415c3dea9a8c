"""`make bootstrap`, `make deploy`, `make destroy` up to the CDK's own command."""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs

import pytest

import app
import deploy
from promptyard_cdk import storage
from whole_template import whole_template

IDENTITY = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::123456789012:user/x</Arn><UserId>x</UserId><Account>123456789012</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>"""


class FakeAws(ThreadingHTTPServer):
    """Security Token Service, Systems Manager and DynamoDB, as far as they are asked."""

    bootstrapped = True
    indexes: Mapping[str, list[str]] = {}
    """Of each table."""


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers["content-length"])).decode()
        if parse_qs(asked).get("Action") == ["GetCallerIdentity"]:
            self.answer(200, IDENTITY)
            return
        if self.headers.get("x-amz-target", "").endswith(".DescribeTable"):
            self.describe(json.loads(asked)["TableName"])
            return
        assert json.loads(asked)["Name"] == "/cdk-bootstrap/hnb659fds/version"
        if self.server.bootstrapped:  # type: ignore[attr-defined]
            self.answer(200, json.dumps({"Parameter": {"Value": "31"}}))
        else:
            self.answer(400, json.dumps({"__type": "ParameterNotFound"}))

    def describe(self, table: str) -> None:
        indexes: Mapping[str, list[str]] = self.server.indexes  # type: ignore[attr-defined]
        if table not in indexes:
            self.answer(400, json.dumps({"__type": "ResourceNotFoundException"}))
            return
        named = [{"IndexName": name, "IndexStatus": "ACTIVE"} for name in indexes[table]]
        self.answer(200, json.dumps({"Table": {"TableStatus": "ACTIVE", "GlobalSecondaryIndexes": named}}))

    def answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without credentials, region and settings of AWS."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(app, "OUTPUT", tmp_path / "out")


@pytest.fixture
def aws(nowhere: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAws]:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "fake")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "fake")
    with FakeAws(("127.0.0.1", 0), Handler) as server:
        for service in ("STS", "SSM", "DYNAMODB"):
            monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", f"http://127.0.0.1:{server.server_port}")
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What the CDK's command line was called with."""
    called: list[tuple[str, ...]] = []
    monkeypatch.setattr(deploy, "cdk", lambda *arguments: called.append(arguments) or 0)
    monkeypatch.setattr(deploy, "fetch_python", lambda: None)  # from the internet
    return called


@pytest.mark.usefixtures("nowhere")
def test_without_a_region_or_credentials_it_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match="There is no AWS region: set AWS_REGION"):
        deploy.run(["deploy"])
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with pytest.raises(SystemExit, match="There are no AWS credentials that work: set AWS_PROFILE"):
        deploy.run(["deploy"])


@pytest.mark.usefixtures("aws")
def test_it_says_where_and_what_before_it_deploys(
    commands: list[tuple[str, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploy.run(["deploy"]) == 0
    said = capsys.readouterr().out
    assert "deploy Promptyard in account 123456789012, region eu-west-1" in said
    assert "6 tables, kept when the stack goes" in said
    assert re.search(r"1\d\d methods of one REST API", said)
    [(command, _, directory, stack)] = commands
    assert (command, stack) == ("deploy", "Promptyard")
    template = whole_template(Path(directory), "Promptyard.template.json")
    for table in template["Resources"].values():
        table.pop("DeletionPolicy", None)
    assert "6 tables\n" in deploy.summary(template)


@pytest.mark.usefixtures("aws")
def test_a_pipeline_is_asked_nothing(commands: list[tuple[str, ...]]) -> None:
    assert deploy.run(["deploy", "--unattended"]) == 0
    assert commands[0][3:] == ("--require-approval", "never", "Promptyard")
    with pytest.raises(SystemExit, match="usage"):
        deploy.run(["destroy", "--unattended"])


def test_a_pipelines_word_is_make_deploys_own() -> None:
    for word, given in ((), False), (("CONFIRM=never",), True), (("CONFIRM=always",), False):
        command = ["make", "--dry-run", "deploy", *word]
        done = subprocess.run(command, cwd=app.REPOSITORY, capture_output=True, text=True, check=True)
        assert ("deploy.py deploy --unattended" in done.stdout) == given


TABLES = ("account", "benchmarks", "playgrounds", "prompts", "runs", "usage")


def test_tables_that_are_there_have_this_versions_indexes_before_it_deploys(
    aws: FakeAws, commands: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    named = "".join(f'{name} = "old-{name}"\n' for name in TABLES)
    (tmp_path / "own.toml").write_text(f'[stores]\nbucket = "old"\n[stores.tables]\n{named}')
    monkeypatch.setenv("PROMPTYARD_DEPLOYMENT", str(tmp_path / "own.toml"))
    with pytest.raises(SystemExit, match=r"stores: old-.*: DynamoDB answers ResourceNotFoundException"):
        deploy.run(["deploy"])
    aws.indexes = {f"old-{name}": [] for name in TABLES}
    with pytest.raises(SystemExit, match="add-indexes") as refused:
        deploy.run(["deploy"])
    assert "old-runs: by_prompt, by_version, by_playground, by_comparison, open" in str(refused.value)
    assert "old-usage: open" in str(refused.value)
    assert "old-prompts" not in str(refused.value)
    assert commands == []
    for table, indexes in storage.TABLES.items():
        aws.indexes[f"old-{table}"] = list(indexes)
    assert deploy.run(["deploy"]) == 0


def test_a_python_to_compile_with_is_fetched_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[list[str]] = []
    monkeypatch.setattr(deploy.subprocess, "run", lambda command, **_: called.append(command))
    for compiles in (True, False):
        monkeypatch.setattr(deploy.Bundler, "compiles", compiles)
        deploy.fetch_python()
    assert [command[1:] for command in called] == [["-m", "uv", "python", "install", "3.14"]]


def test_an_account_that_is_not_ready_is_made_ready_first(aws: FakeAws, commands: list[tuple[str, ...]]) -> None:
    aws.bootstrapped = False
    with pytest.raises(SystemExit, match="make bootstrap"):
        deploy.run(["deploy"])
    assert commands == []
    assert deploy.run(["bootstrap"]) == 0
    assert commands == [("bootstrap", "aws://123456789012/eu-west-1")]


@pytest.mark.usefixtures("aws")
def test_what_would_change_is_asked_of_the_same_template(commands: list[tuple[str, ...]]) -> None:
    assert deploy.run(["diff"]) == 0
    [(command, option, directory, stack)] = commands
    assert (command, option, stack) == ("diff", "--app", "Promptyard")
    assert (Path(directory) / "Promptyard.template.json").exists()


@pytest.mark.usefixtures("aws")
def test_what_is_protected_is_not_destroyed(
    commands: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(SystemExit, match="Promptyard is protected"):
        deploy.run(["destroy"])
    assert commands == []
    (tmp_path / "own.toml").write_text("termination_protection = false")
    monkeypatch.setenv("PROMPTYARD_DEPLOYMENT", str(tmp_path / "own.toml"))
    assert deploy.run(["destroy"]) == 0
    assert commands[0][0] == "destroy"
    (tmp_path / "own.toml").write_text("memmory = 1")
    with pytest.raises(SystemExit, match="promptyard: memmory: no such setting"):
        deploy.run(["destroy"])
