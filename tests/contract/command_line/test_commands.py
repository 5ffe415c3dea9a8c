"""What the commands do, as a program sees it."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from functions.account import tenant_data
from promptyard_cli.client import Client
from tests.contract.command_line.conftest import CommandLine
from tests.support.servers.server import RunningServer

ROWS = (
    b'{"variables": {"question": "Why?"}, "reference": "Why?"}\n{"variables": {"question": "How?"}, "reference": "!"}\n'
)


def benchmark(server: RunningServer, least: float, model: str = "demo/echo") -> None:
    with Client(server.url) as client:
        dataset = client.datasets.create("rows")
        client.datasets.add_version(dataset["id"], ROWS)
        client.benchmarks.create(
            name="Gate",
            dataset_id=dataset["id"],
            template="{{question}}",
            targets=[{"model": model}],
            metrics=[{"metric": "exact_match"}],
            gates=[{"metric": "exact_match", "op": ">=", "value": least}],
        )


def test_an_answer_goes_into_a_pipe_as_it_is(promptyard: CommandLine) -> None:
    ended = promptyard("run", "-m", "demo/echo", "-u", "one \x1b[31mred\x1b[0m", given="two\n")
    assert ended.out == "one \x1b[31mred\x1b[0m\n\ntwo\n"
    assert "tokens in, " in ended.err
    assert ended.err.count("\n") == 1


def test_files_and_parameters_go_with_the_prompt(promptyard: CommandLine, home: Path) -> None:
    (home / "note.txt").write_text("the file's text")
    (home / "dot.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    arguments = ["-o", "temperature", "0.5", "-o", "stop", '["x"]', "-a", "note.txt", "-a", "dot.png", "Look"]
    answer = json.loads(promptyard("run", "-m", "demo/echo", "--json", *arguments).out)
    record = json.loads(promptyard("history", answer["id"], "--json").out)
    assert record["parameters"] == {"temperature": 0.5, "stop": ["x"]}
    assert [part["type"] for part in record["messages"][0]["content"]] == ["text", "file", "image_url"]


@pytest.mark.parametrize(("code", "least"), [(0, 0.5), (1, 0.6)])
def test_a_benchmark_ends_with_its_verdict(
    server: RunningServer, promptyard: CommandLine, code: int, least: float
) -> None:
    benchmark(server, least)
    ended = promptyard("bench", "run", "Gate", "--junit", "report.xml", "--json")
    assert (ended.code, ended.err) == (code, "")
    told = json.loads(ended.out)
    assert told["run"]["passed"] is (code == 0)
    suite = ElementTree.parse("report.xml").getroot()
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("1", str(code), "0")
    again = promptyard("bench", "report", told["run"]["id"])
    assert again.code == code
    assert ("FAILED" if code else "passed") in again.out


def test_a_benchmark_without_a_verdict_is_broken(server: RunningServer, promptyard: CommandLine) -> None:
    benchmark(server, 0.5)
    with Client(server.url) as client:
        [defined] = client.benchmarks.list()["items"]
        started = client.benchmarks.start(defined["id"])
        client.benchmarks.cancel(started["id"])
        status = client.benchmarks.run(started["id"])["status"]
    ended = promptyard("bench", "watch", started["id"], "--junit", "report.xml")
    expected = {"cancelled": (2, "1"), "completed": (0, "0")}[status]
    assert (ended.code, ElementTree.parse("report.xml").getroot().get("errors")) == expected


MISTAKES = [
    (["run", "-m", "nobody", "Hi"], "promptyard: model: Model not found: nobody"),
    (["run", "-m", "demo/echo"], "promptyard: There is no prompt: give one"),
    (["run", "--nothing", "Hi"], "promptyard: No such option"),
    (["run", "-m", "demo/echo", "-a", "missing.png", "Hi"], "promptyard: [Errno 2] No such file"),
    (["compare", "-m", "demo/echo", "Hi"], "promptyard: Name two models or more"),
    (["prompts", "show", "team/nothing"], "promptyard: No such prompt"),
    (["prompts", "save", "nothing", "prompt.txt"], "promptyard: Invalid value"),
    (["bench", "run", "nothing"], "promptyard: Benchmark not found"),
    (["history", "nothing"], "promptyard: Run not found"),
    (["keys", "get"], "promptyard: There is no key for http"),
    (["nothing"], "promptyard: No such command"),
    (["--url", "ftp://a", "usage"], "promptyard: ftp://a is no address"),
    (
        ["--url", "http://127.0.0.1:9", "usage"],
        "promptyard: No server answers at http://127.0.0.1:9: promptyard serve",
    ),
    (["--profile", "nobody", "usage"], "promptyard: There is no profile nobody"),
]


def test_a_mistake_is_one_line(promptyard: CommandLine) -> None:
    for arguments, sentence in MISTAKES:
        ended = promptyard(*arguments)
        assert (ended.code, ended.out.strip()) == (2, "")
        assert ended.err.startswith(sentence)
        assert ended.err.count("\n") == 1


def test_a_target_that_fails_is_shown_beside_the_others(promptyard: CommandLine) -> None:
    one = promptyard("compare", "-m", "demo/echo", "-m", "nobody", "Hi there")
    assert one.code == 0
    assert "demo/echo\nHi there\n" in one.out
    assert "nobody\nModel not found: nobody\n" in one.out
    assert promptyard("compare", "-m", "nobody", "-m", "nobody", "Hi").code == 2


def test_keys_are_made_kept_and_named_but_not_shown(promptyard: CommandLine, server: RunningServer) -> None:
    made = promptyard("keys", "create", "ci").out.strip()
    assert made.startswith("py_live_")
    kept = promptyard("keys", "set", "--profile", "ci", "--url", server.url, given=f"{made}\n")
    shown = promptyard("--profile", "ci", "env")
    assert made not in kept.out + kept.err + shown.out + shown.err
    assert 'OPENAI_API_KEY="$(promptyard --profile ci keys get)"' in shown.out
    assert promptyard("--profile", "ci", "keys", "get").out.strip() == made
    assert "ci\tmember" in promptyard("--profile", "ci", "keys", "list").err + promptyard("keys", "list").out


def test_an_archive_is_taken_in_by_as_many_requests_as_it_takes(
    server: RunningServer, promptyard: CommandLine, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenant_data, "IMPORT_SECONDS", 0.0)
    run = json.loads(promptyard("run", "-m", "demo/echo", "--json", "Hi").out)
    with Client(server.url) as client:
        (home / "tenant.zip").write_bytes(client.tenant.export())
    assert server.client.delete(f"/api/v1/playground/runs/{run['id']}").status_code == 204
    ended = promptyard("import", "tenant.zip")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines()[:2] == ["kind\timported\tthere already", "runs\t1\t0"]
    assert "left out: 1 ledger: what was charged elsewhere is not charged here" in ended.out
    assert json.loads(promptyard("history", run["id"], "--json").out)["output"] == "Hi"
    assert json.loads(promptyard("import", "tenant.zip", "--json").out)["there_already"] == {"runs": 1}


def test_what_is_no_archive_is_told_in_a_line(promptyard: CommandLine, home: Path) -> None:
    (home / "tenant.zip").write_text("no archive")
    ended = promptyard("import", "tenant.zip")
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "This is no ZIP archive" in ended.err
